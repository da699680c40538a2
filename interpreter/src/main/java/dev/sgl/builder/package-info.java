/// Programs written in Java: the same program model that the compiler makes of source text.
@NullMarked
package dev.sgl.builder;

import org.jspecify.annotations.NullMarked;
