package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/// Room for connections.
class OpenFilesTest {
  @Test
  void connectionsLeaveRoomForOtherFiles() throws IOException {
    assertEquals(1024 - 70 - 64, new OpenFiles(1024, 70).connections(16_384));
    assertEquals(16_384, new OpenFiles(1 << 20, 70).connections(16_384));
    IOException error =
        assertThrows(IOException.class, () -> new OpenFiles(128, 70).connections(16_384));
    assertTrue(String.valueOf(error.getMessage()).contains("ulimit -n"), error.getMessage());
  }

  @Test
  void theSystemSays() {
    OpenFiles now = OpenFiles.now();
    assertTrue(now.most() > now.open() && now.open() >= 0, now.toString());
  }
}
