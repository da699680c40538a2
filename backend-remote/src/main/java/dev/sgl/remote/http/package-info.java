/// Waiting and ways of HTTP: cancellation, how long to wait for a server, proxies.
@NullMarked
package dev.sgl.remote.http;

import org.jspecify.annotations.NullMarked;
