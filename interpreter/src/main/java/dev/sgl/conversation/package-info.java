/// A conversation with a model: what has been said, and what is being said.
@NullMarked
package dev.sgl.conversation;

import org.jspecify.annotations.NullMarked;
