/// The driver of a GPU as the device and its products see it: memory, one stream of work, kernels,
/// the vendor's products, recordings.
@NullMarked
package dev.sgl.local.kernel.gpu.port;

import org.jspecify.annotations.NullMarked;
