/// HTTP over the JDK's web server: routes, keys, limits, JSON, answers of events.
@NullMarked
package dev.sgl.server.http;

import org.jspecify.annotations.NullMarked;
