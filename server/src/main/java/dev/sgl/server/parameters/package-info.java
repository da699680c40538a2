/// Readers of the parameters that calls of several APIs have: conversations, inputs, sampling,
/// formats of answers, programs.
@NullMarked
package dev.sgl.server.parameters;

import org.jspecify.annotations.NullMarked;
