/// Measurements that anyone can rerun.
@NullMarked
package dev.sgl.bench;

import org.jspecify.annotations.NullMarked;
