/// The driver of NVIDIA GPUs: JCuda, foreign-function bindings of cuBLASLt and NVRTC, and the CUDA
/// C++ sources of the kernels, compiled for the very chip.
@NullMarked
package dev.sgl.local.kernel.cuda;

import org.jspecify.annotations.NullMarked;
