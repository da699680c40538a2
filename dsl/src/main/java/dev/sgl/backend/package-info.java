/// The port between programs and models.
@NullMarked
package dev.sgl.backend;

import org.jspecify.annotations.NullMarked;
