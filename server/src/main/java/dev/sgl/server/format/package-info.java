/// The formats of families of models: how they write calls of tools, and how they think.
@NullMarked
package dev.sgl.server.format;

import org.jspecify.annotations.NullMarked;
