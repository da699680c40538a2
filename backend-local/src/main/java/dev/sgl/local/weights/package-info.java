/// Weights: tensors, the layouts of their numbers, and their roles in a model.
@NullMarked
package dev.sgl.local.weights;

import org.jspecify.annotations.NullMarked;
