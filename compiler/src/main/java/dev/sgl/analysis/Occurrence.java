package dev.sgl.analysis;

import dev.sgl.program.Span;

/// A place where a symbol is named: where it is defined, or where it is used.
///
/// @param shown the symbol with its type there, which may be narrower than elsewhere
public record Occurrence(Span place, Symbol symbol, String shown) {}
