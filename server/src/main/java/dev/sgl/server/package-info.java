/// A model behind HTTP: OpenAI's API, SGLang's, programs, and a page to try them.
@NullMarked
package dev.sgl.server;

import org.jspecify.annotations.NullMarked;
