/// Weights on a GPU, plain or as codes, and products with them.
@NullMarked
package dev.sgl.local.kernel.gpu.products;

import org.jspecify.annotations.NullMarked;
