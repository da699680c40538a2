/// Regular languages over bytes: patterns are read into [dev.sgl.constraint.regex.Regex], spelled
/// as bytes and matched by derivatives of [dev.sgl.constraint.regex.Term]s.
@NullMarked
package dev.sgl.constraint.regex;

import org.jspecify.annotations.NullMarked;
