/// The operations that models are made of, the plain way: the twin of every fast one.
@NullMarked
package dev.sgl.local.kernel;

import org.jspecify.annotations.NullMarked;
