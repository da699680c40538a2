/// One answer of the model to a conversation: what it thinks, says, and calls, each within what it
/// may be, as one generation after the other.
@NullMarked
package dev.sgl.server.turn;

import org.jspecify.annotations.NullMarked;
