/// Any GPU as a device: batches, operations, recordings and draws, over the small driver port
/// [dev.sgl.local.kernel.gpu.port.Gpu].
@NullMarked
package dev.sgl.local.kernel.gpu;

import org.jspecify.annotations.NullMarked;
