/// Sets of strings and of numbers, as the texts that write them in JSON.
@NullMarked
package dev.sgl.constraint.json.scalar;

import org.jspecify.annotations.NullMarked;
