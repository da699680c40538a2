/// Context-free grammars in the notation of llama.cpp (GBNF), and in that of Lark.
@NullMarked
package dev.sgl.constraint.gbnf;

import org.jspecify.annotations.NullMarked;
