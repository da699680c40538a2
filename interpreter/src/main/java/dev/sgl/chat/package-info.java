/// Conversations in Java: the same verbs as in the language, with Java's own control flow.
@NullMarked
package dev.sgl.chat;

import org.jspecify.annotations.NullMarked;
