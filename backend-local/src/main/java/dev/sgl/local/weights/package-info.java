/// Checkpoints: memory-mapped tensors of a model folder.
@NullMarked
package dev.sgl.local.weights;

import org.jspecify.annotations.NullMarked;
