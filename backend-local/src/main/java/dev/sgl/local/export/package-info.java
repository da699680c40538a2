/// Model folders written again with quantized weights: as GGUF files, or as folders of
/// compressed-tensors.
@NullMarked
package dev.sgl.local.export;

import org.jspecify.annotations.NullMarked;
