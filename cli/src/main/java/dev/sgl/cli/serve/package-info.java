/// `sglc serve`: a model behind HTTP.
@NullMarked
package dev.sgl.cli.serve;

import org.jspecify.annotations.NullMarked;
