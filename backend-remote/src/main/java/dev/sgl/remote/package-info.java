/// Any OpenAI-compatible endpoint as a backend.
@NullMarked
package dev.sgl.remote;

import org.jspecify.annotations.NullMarked;
