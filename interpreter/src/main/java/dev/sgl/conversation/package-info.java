/// A conversation with a model: its transcript, and the acts that add to it.
@NullMarked
package dev.sgl.conversation;

import org.jspecify.annotations.NullMarked;
