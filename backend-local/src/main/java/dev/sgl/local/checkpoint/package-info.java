/// Checkpoints: memory-mapped tensors of model folders and GGUF files, by name.
@NullMarked
package dev.sgl.local.checkpoint;

import org.jspecify.annotations.NullMarked;
