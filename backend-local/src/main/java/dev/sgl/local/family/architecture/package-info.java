/// The families of models, each by itself: the decoder of a `config.json`, and the names of the
/// weights in files.
@NullMarked
package dev.sgl.local.family.architecture;

import org.jspecify.annotations.NullMarked;
