/// The choice of experts.
@NullMarked
package dev.sgl.local.kernel.experts;

import org.jspecify.annotations.NullMarked;
