/// `config.json`: its values in their types.
@NullMarked
package dev.sgl.local.config;

import org.jspecify.annotations.NullMarked;
