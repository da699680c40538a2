/// `config.json` as families read it: its values in their types, and the parts that most models
/// share.
@NullMarked
package dev.sgl.local.family.config;

import org.jspecify.annotations.NullMarked;
