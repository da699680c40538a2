/// Files that change while the server runs.
@NullMarked
package dev.sgl.server.file;

import org.jspecify.annotations.NullMarked;
