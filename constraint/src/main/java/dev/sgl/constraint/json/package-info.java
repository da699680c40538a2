/// JSON Schema: documents are resolved, keywords become a [dev.sgl.constraint.json.Formula], and
/// formulas become the places of a [dev.sgl.constraint.machine.Machine].
@NullMarked
package dev.sgl.constraint.json;

import org.jspecify.annotations.NullMarked;
