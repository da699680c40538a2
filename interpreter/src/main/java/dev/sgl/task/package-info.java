/// Concurrent work: values that are still being computed, and groups of tasks that end
/// together.
@NullMarked
package dev.sgl.task;

import org.jspecify.annotations.NullMarked;
