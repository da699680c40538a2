/// Encrypted connections.
@NullMarked
package dev.sgl.server.tls;

import org.jspecify.annotations.NullMarked;
