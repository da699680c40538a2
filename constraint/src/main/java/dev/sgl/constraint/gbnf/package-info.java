/// Context-free grammars in the notation of llama.cpp (GBNF).
@NullMarked
package dev.sgl.constraint.gbnf;

import org.jspecify.annotations.NullMarked;
