/// Families whose layers are mixtures of experts.
@NullMarked
package dev.sgl.local.family.mixture;

import org.jspecify.annotations.NullMarked;
