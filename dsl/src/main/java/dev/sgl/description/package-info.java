/// Types in words that models know.
@NullMarked
package dev.sgl.description;

import org.jspecify.annotations.NullMarked;
