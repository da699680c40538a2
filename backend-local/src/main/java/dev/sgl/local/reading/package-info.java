/// Sequences that are only read: for the log-probabilities of their tokens, and for their states.
@NullMarked
package dev.sgl.local.reading;

import org.jspecify.annotations.NullMarked;
