/// Mistakes in source texts, and how people read them.
@NullMarked
package dev.sgl.diagnostic;

import org.jspecify.annotations.NullMarked;
