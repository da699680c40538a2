/// Families of models: what `config.json` says, made into the data of a decoder.
@NullMarked
package dev.sgl.local.family;

import org.jspecify.annotations.NullMarked;
