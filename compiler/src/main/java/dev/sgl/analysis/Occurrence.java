package dev.sgl.analysis;

import dev.sgl.program.Span;

/// A place where a symbol is named: where it is defined, or where it is used.
///
/// @param shown what is known of it there: a variable may be of a narrower type than elsewhere
public record Occurrence(Span place, Symbol symbol, String shown) {}
