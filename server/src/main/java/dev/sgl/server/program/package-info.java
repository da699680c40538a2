/// `.sgl` programs behind HTTP: those of a folder, and those that are typed in the playground.
@NullMarked
package dev.sgl.server.program;

import org.jspecify.annotations.NullMarked;
