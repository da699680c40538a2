/// Who may call, and how much.
@NullMarked
package dev.sgl.server.keys;

import org.jspecify.annotations.NullMarked;
