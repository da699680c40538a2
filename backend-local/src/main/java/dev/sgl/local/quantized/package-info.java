/// Quantized model folders: the tensors of a module become one weight.
@NullMarked
package dev.sgl.local.quantized;

import org.jspecify.annotations.NullMarked;
