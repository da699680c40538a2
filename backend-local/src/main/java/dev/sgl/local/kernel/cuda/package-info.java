/// The operations on an NVIDIA GPU: JCuda for the driver, small foreign-function bindings for
/// cuBLASLt and NVRTC, and kernels in CUDA C++ that are compiled for the very chip.
@NullMarked
package dev.sgl.local.kernel.cuda;

import org.jspecify.annotations.NullMarked;
