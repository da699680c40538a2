/// OpenAI's Responses API: answers as lists of items, which the server keeps for the next call.
@NullMarked
package dev.sgl.server.responses;

import org.jspecify.annotations.NullMarked;
