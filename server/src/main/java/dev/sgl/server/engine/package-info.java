/// What SGLang's own API offers: generation by its own names, and the care of the engine.
@NullMarked
package dev.sgl.server.engine;

import org.jspecify.annotations.NullMarked;
