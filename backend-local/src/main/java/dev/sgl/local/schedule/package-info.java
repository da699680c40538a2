/// The scheduler: it chooses the sequences and the tokens of each batch.
@NullMarked
package dev.sgl.local.schedule;

import org.jspecify.annotations.NullMarked;
