/// Compiles constraints and follows a text under one: which tokens may come next, and which must.
@NullMarked
package dev.sgl.constraint.match;

import org.jspecify.annotations.NullMarked;
