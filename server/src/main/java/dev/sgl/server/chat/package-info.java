/// Conversations, tools and efforts as the model that is served takes them. The APIs of OpenAI,
/// Anthropic and Ollama have a package each that reads its calls into these, and writes answers.
@NullMarked
package dev.sgl.server.chat;

import org.jspecify.annotations.NullMarked;
