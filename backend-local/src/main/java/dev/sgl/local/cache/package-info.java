/// Keys and values that are worth keeping: pages, and the radix tree that says whose tokens they
/// hold.
@NullMarked
package dev.sgl.local.cache;

import org.jspecify.annotations.NullMarked;
