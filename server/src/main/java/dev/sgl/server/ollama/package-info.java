/// Ollama's API.
@NullMarked
package dev.sgl.server.ollama;

import org.jspecify.annotations.NullMarked;
