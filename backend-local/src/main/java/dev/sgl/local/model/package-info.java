/// Model families as data over the operations of the kernel room.
@NullMarked
package dev.sgl.local.model;

import org.jspecify.annotations.NullMarked;
