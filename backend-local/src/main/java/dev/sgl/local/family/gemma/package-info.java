/// Gemma's families, which share names and norms.
@NullMarked
package dev.sgl.local.family.gemma;

import org.jspecify.annotations.NullMarked;
