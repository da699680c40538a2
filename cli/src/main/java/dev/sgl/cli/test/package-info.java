/// `sglc test`: the tests of programs.
@NullMarked
package dev.sgl.cli.test;

import org.jspecify.annotations.NullMarked;
