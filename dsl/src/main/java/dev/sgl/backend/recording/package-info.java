/// Backends that record the answers of a model, and that answer from a recording.
@NullMarked
package dev.sgl.backend.recording;

import org.jspecify.annotations.NullMarked;
