/// Routes of models that read texts: vectors, scores of labels, and the ranking of documents.
@NullMarked
package dev.sgl.server.reading;

import org.jspecify.annotations.NullMarked;
