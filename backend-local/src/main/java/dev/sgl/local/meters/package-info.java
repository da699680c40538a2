/// The meters of an engine, for Micrometer.
@NullMarked
package dev.sgl.local.meters;

import org.jspecify.annotations.NullMarked;
