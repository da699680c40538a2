/// Whether a program makes sense: names, types as far as they are known, places of statements,
/// flow.
@NullMarked
package dev.sgl.check;

import org.jspecify.annotations.NullMarked;
