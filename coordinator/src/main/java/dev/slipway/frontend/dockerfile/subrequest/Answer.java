package dev.slipway.frontend.dockerfile.subrequest;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a question is answered with.
 *
 * @param json for programs
 * @param text for people, where it has that form
 * @param more other entries of the answer
 */
public record Answer(
    Question question, byte[] json, Optional<String> text, Map<String, String> more) {
  public Answer {
    more = Map.copyOf(more);
  }

  /** As metadata of a result that has no files. */
  public Map<String, byte[]> metadata() {
    Map<String, byte[]> metadata = new LinkedHashMap<>();
    metadata.put("result.json", json);
    text.ifPresent(value -> metadata.put("result.txt", bytes(value)));
    more.forEach((key, value) -> metadata.put(key, bytes(value)));
    metadata.put("version", bytes(question.version()));
    return metadata;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
