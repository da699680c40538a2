/// `sglc batch`: a program run once for each line of a file.
@NullMarked
package dev.sgl.cli.batch;

import org.jspecify.annotations.NullMarked;
