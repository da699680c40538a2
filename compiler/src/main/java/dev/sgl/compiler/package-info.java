/// Source text to a checked program, or diagnostics.
@NullMarked
package dev.sgl.compiler;

import org.jspecify.annotations.NullMarked;
