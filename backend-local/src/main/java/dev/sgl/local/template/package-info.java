/// Chat templates: a small interpreter of Jinja as Hugging Face uses it, with Python's values.
@NullMarked
package dev.sgl.local.template;

import org.jspecify.annotations.NullMarked;
