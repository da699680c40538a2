/// From logits to a token.
@NullMarked
package dev.sgl.local.sample;

import org.jspecify.annotations.NullMarked;
