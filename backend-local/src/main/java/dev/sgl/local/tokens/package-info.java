/// Text to tokens and back: vocabularies, streaming of whole characters, prompts.
@NullMarked
package dev.sgl.local.tokens;

import org.jspecify.annotations.NullMarked;
