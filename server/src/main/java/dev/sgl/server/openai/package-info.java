/// OpenAI's HTTP API: chats, completions, embeddings, models.
@NullMarked
package dev.sgl.server.openai;

import org.jspecify.annotations.NullMarked;
