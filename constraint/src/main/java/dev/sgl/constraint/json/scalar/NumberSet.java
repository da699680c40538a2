package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.regex.Term;

/// A set of numbers, as the texts in plain decimal notation that write one of them, in all ways.
///
/// @param term the texts
/// @param integral all members are known to be integers
/// @param listed all members were given one by one
public record NumberSet(Term term, boolean integral, boolean listed) {}
