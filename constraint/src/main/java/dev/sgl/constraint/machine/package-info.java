/// What runs a constraint: a pushdown automaton over bytes whose rules are lazily built automata,
/// and the masks that it gives over a vocabulary.
@NullMarked
package dev.sgl.constraint.machine;

import org.jspecify.annotations.NullMarked;
