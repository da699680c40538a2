/// Anthropic's Messages API.
@NullMarked
package dev.sgl.server.anthropic;

import org.jspecify.annotations.NullMarked;
