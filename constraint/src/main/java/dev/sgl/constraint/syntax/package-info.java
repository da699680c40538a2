/// Values in syntaxes other than JSON: how they are read and written.
@NullMarked
package dev.sgl.constraint.syntax;

import org.jspecify.annotations.NullMarked;
