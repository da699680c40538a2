/// Sequences that are written: texts and typed values, and where they end.
@NullMarked
package dev.sgl.local.writing;

import org.jspecify.annotations.NullMarked;
