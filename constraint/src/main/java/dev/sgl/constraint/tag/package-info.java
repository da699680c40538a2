/// Structural tags: free text with tags whose contents are constrained.
@NullMarked
package dev.sgl.constraint.tag;

import org.jspecify.annotations.NullMarked;
