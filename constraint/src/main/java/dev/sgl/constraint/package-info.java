/// What generated text may be: constraints as data, automata over bytes, and masks over a
/// vocabulary.
@NullMarked
package dev.sgl.constraint;

import org.jspecify.annotations.NullMarked;
