/// OpenAI-compatible HTTP over a backend. Its routes come with their own issue.
@NullMarked
package dev.sgl.server;

import org.jspecify.annotations.NullMarked;
