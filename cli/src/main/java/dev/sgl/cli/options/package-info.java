/// What the commands have in common: the model and the host that are named, the terminal, exit
/// codes.
@NullMarked
package dev.sgl.cli.options;

import org.jspecify.annotations.NullMarked;
