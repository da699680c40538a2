/// What editors want to know of a source text: what its names stand for, and where else they stand.
@NullMarked
package dev.sgl.analysis;

import org.jspecify.annotations.NullMarked;
