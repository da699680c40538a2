/// Models by their names on a hub: found in the cache that Hugging Face's tools share, or fetched
/// into it.
@NullMarked
package dev.sgl.local.hub;

import org.jspecify.annotations.NullMarked;
