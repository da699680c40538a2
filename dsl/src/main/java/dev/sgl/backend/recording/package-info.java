/// Backends that write down what a model answers, and that answer from what was written down.
@NullMarked
package dev.sgl.backend.recording;

import org.jspecify.annotations.NullMarked;
