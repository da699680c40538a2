/// What tells requests, answers and calls of tools apart.
@NullMarked
package dev.sgl.server.request;

import org.jspecify.annotations.NullMarked;
