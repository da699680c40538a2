/// The program model: what a program can do, as closed data.
@NullMarked
package dev.sgl.program;

import org.jspecify.annotations.NullMarked;
