/// The operations on the CPU with the Vector API.
@NullMarked
package dev.sgl.local.kernel.cpu;

import org.jspecify.annotations.NullMarked;
