/// The families of encoders, a class each.
@NullMarked
package dev.sgl.local.family.encoder;

import org.jspecify.annotations.NullMarked;
