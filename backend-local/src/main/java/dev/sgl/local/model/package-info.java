/// Models as data, and their walk over the operations of a device.
@NullMarked
package dev.sgl.local.model;

import org.jspecify.annotations.NullMarked;
