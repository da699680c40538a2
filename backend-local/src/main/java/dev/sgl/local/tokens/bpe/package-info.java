/// Byte-level BPE: text to token ids, for the vocabularies that most models have.
@NullMarked
package dev.sgl.local.tokens.bpe;

import org.jspecify.annotations.NullMarked;
