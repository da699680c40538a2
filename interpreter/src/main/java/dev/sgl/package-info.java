/// SGL for Java: where to begin.
@NullMarked
package dev.sgl;

import org.jspecify.annotations.NullMarked;
