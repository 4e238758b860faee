package dev.slipway.frontend.dockerfile.subrequest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.oci.OciJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The questions, by the id that a client sends as option {@code requestid}. */
public enum Question {
  OUTLINE("frontend.outline", "1.0.0", "List all parameters current build target supports"),
  TARGETS("frontend.targets", "1.0.0", "List all targets current build supports"),
  LINT("frontend.lint", "1.0.0", "Lint a Dockerfile"),
  DESCRIBE("frontend.subrequests.describe", "1.0.0", "List available subrequest types"),
  CONVERT("frontend.convertllb", "0.1.0", "Convert Dockerfile to LLB");

  private static final String PREFIX = "frontend.";

  private final String id;
  private final String version;
  private final String description;

  Question(String id, String version, String description) {
    this.id = id;
    this.version = version;
    this.description = description;
  }

  /** The one with the id, if there is one. */
  public static Optional<Question> of(String id) {
    for (Question question : values()) {
      if (question.id.equals(id)) {
        return Optional.of(question);
      }
    }
    return Optional.empty();
  }

  /** The form of its answers. */
  public String version() {
    return version;
  }

  /** The answer to {@link #DESCRIBE}: the questions that BuildKit's frontend admits to. */
  public static Answer describe() {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    TextTable table = new TextTable(1);
    table.row("NAME", "VERSION", "DESCRIPTION");
    for (Question question : List.of(OUTLINE, TARGETS, DESCRIBE)) {
      list.add(question.toJson());
      table.row(question.id.substring(PREFIX.length()), question.version, question.description);
    }
    return new Answer(DESCRIBE, OciJson.indented(list), Optional.of(table.toString()), Map.of());
  }

  private ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", id).put("version", version).put("type", "rpc");
    json.put("description", description);
    switch (this) {
      case OUTLINE -> named(json.putArray("opts"), Map.of("target", "Target build stage"));
      case DESCRIBE -> json.putNull("opts");
      case TARGETS, LINT, CONVERT -> json.putArray("opts");
    }
    json.putNull("inputs");
    Map<String, String> results = new LinkedHashMap<>();
    results.put("result.json", "");
    results.put("result.txt", "");
    named(json.putArray("metadata"), results);
    json.putNull("refs");
    return json;
  }

  private static void named(ArrayNode list, Map<String, String> descriptions) {
    descriptions.forEach(
        (name, description) -> list.addObject().put("name", name).put("description", description));
  }
}
