/// What Java's own types cannot say of a value: bounds, patterns, documentation; and which methods
/// are tools.
@NullMarked
package dev.sgl.annotation;

import org.jspecify.annotations.NullMarked;
