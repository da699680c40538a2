/// What a run and its host have to do with each other: options, listeners, pictures, errors.
@NullMarked
package dev.sgl.run;

import org.jspecify.annotations.NullMarked;
