/// Runs a program on a backend.
@NullMarked
package dev.sgl.interpreter;

import org.jspecify.annotations.NullMarked;
