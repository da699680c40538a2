package dev.sgl.server.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IdsTest {
  @Test
  void noTwoAreTheSameAndAllHaveTheirForm() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      String id = Ids.next("msg_");
      assertTrue(id.matches("msg_[0-9a-f]{32}"), id);
      String call = Ids.letters("", 9);
      assertTrue(call.matches("[A-Za-z0-9]{9}"), call);
      ids.add(id);
      ids.add(call);
    }
    assertEquals(2000, ids.size());
  }
}
