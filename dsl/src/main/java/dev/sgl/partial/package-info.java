/// Values that are still being written.
@NullMarked
package dev.sgl.partial;

import org.jspecify.annotations.NullMarked;
