/// The port to devices: the operations of a batch, and the data that devices share.
@NullMarked
package dev.sgl.local.kernel;

import org.jspecify.annotations.NullMarked;
