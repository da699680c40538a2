/// The processor as a device: the steps of its operations, and their plain form.
@NullMarked
package dev.sgl.local.kernel.host;

import org.jspecify.annotations.NullMarked;
