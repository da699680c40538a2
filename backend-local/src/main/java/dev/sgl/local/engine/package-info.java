/// The engine: one thread that owns sequences and pages, and the backend before it.
@NullMarked
package dev.sgl.local.engine;

import org.jspecify.annotations.NullMarked;
