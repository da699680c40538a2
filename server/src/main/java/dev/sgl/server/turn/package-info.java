/// One answer of the model to a conversation: its thought, its text and its calls, each a
/// generation of its own type, one after the other.
@NullMarked
package dev.sgl.server.turn;

import org.jspecify.annotations.NullMarked;
