/// The documents of a schema: where its references lead, and which draft holds there.
@NullMarked
package dev.sgl.constraint.json.document;

import org.jspecify.annotations.NullMarked;
