/// JSON that comes from outside.
@NullMarked
package dev.sgl.json;

import org.jspecify.annotations.NullMarked;
