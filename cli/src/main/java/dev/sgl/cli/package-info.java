/// The command line: wires the parts together; nothing depends on it.
@NullMarked
package dev.sgl.cli;

import org.jspecify.annotations.NullMarked;
