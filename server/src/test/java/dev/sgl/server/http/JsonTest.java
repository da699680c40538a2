package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/// JSON objects that end too early.
class JsonTest {
  private static final List<String> WHOLE =
      List.of(
          "{\"city\": \"R\\u00f6m\", \"n\": -1.5e3, \"is\": [true, false, null], \"in\": {\"a\": {}}}",
          "{\"t\":true}",
          "{ \"x\" : [ [ ] , \"tru\" ] }");

  @Test
  void everyBeginningIsCutAndTheWholeIsNot() {
    for (String whole : WHOLE) {
      for (int end = 1; end < whole.length(); end++) {
        assertTrue(Json.isCut(whole.substring(0, end)), whole.substring(0, end));
      }
      assertFalse(Json.isCut(whole), whole);
    }
  }

  @Test
  void whatCouldNeverBecomeAnObjectIsNotCut() {
    for (String text : List.of("", "abc", "[1", "\"a", "{a", "{\"a\" 1", "{\"a\":tx", "{}{")) {
      assertFalse(Json.isCut(text), text);
    }
  }
}
