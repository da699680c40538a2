/// The language server: what editors ask of a text, over the Language Server Protocol.
@NullMarked
package dev.sgl.lsp;

import org.jspecify.annotations.NullMarked;
