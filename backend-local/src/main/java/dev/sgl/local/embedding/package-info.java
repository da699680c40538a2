/// How a folder makes vectors of texts, as the library `sentence-transformers` lays it out.
@NullMarked
package dev.sgl.local.embedding;

import org.jspecify.annotations.NullMarked;
