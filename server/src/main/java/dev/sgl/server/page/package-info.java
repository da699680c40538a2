/// The page of the server: its files, the libraries that they import, and the routes of its editor.
@NullMarked
package dev.sgl.server.page;

import org.jspecify.annotations.NullMarked;
