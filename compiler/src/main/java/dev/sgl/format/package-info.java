/// The one way in which source text is laid out.
@NullMarked
package dev.sgl.format;

import org.jspecify.annotations.NullMarked;
