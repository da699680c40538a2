package dev.sgl.server.http;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/// The files and connections that a process may have open at once.
///
/// The web server accepts connections until there are no descriptors left. From then on nobody
/// is accepted, and it tries without a pause. So it gets a limit below that of the system;
/// connections beyond it are closed at once.
///
/// @param most descriptors of the process
/// @param open those in use
record OpenFiles(long most, long open) {
  private static final int OTHERS = 64; // for models, pictures, and tools with their pipes
  private static final int LEAST = 16; // connections

  /// Those of this process; without end where the system does not say.
  static OpenFiles now() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
            && system.getMaxFileDescriptorCount() > 0
        ? new OpenFiles(system.getMaxFileDescriptorCount(), system.getOpenFileDescriptorCount())
        : new OpenFiles(Integer.MAX_VALUE, 0);
  }

  /// Connections that there is room for.
  ///
  /// @param wanted the most connections to allow
  /// @throws IOException if there is hardly any room
  int connections(int wanted) throws IOException {
    long room = most - open - OTHERS;
    if (room < LEAST) {
      throw new IOException(
          "this process may have %d files and connections open at once, and has %d; allow more with `ulimit -n 4096`"
              .formatted(most, open));
    }
    return (int) Math.min(room, wanted);
  }
}
