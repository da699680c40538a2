/// Ways to bind a program's tools: commands, methods of Java objects.
@NullMarked
package dev.sgl.tools;

import org.jspecify.annotations.NullMarked;
