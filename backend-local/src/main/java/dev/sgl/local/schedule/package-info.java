/// Which sequence computes what in which batch.
@NullMarked
package dev.sgl.local.schedule;

import org.jspecify.annotations.NullMarked;
