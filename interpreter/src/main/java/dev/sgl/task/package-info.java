/// Work that goes on beside other work: values that are still being made, and groups of tasks that
/// end together.
@NullMarked
package dev.sgl.task;

import org.jspecify.annotations.NullMarked;
