/// Types as regular expressions, for servers that can be held to one.
@NullMarked
package dev.sgl.remote.regex;

import org.jspecify.annotations.NullMarked;
