package dev.slipway.frontend.dockerfile.subrequest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.frontend.dockerfile.instruction.BuildFile;
import dev.slipway.frontend.dockerfile.lint.Comments;
import dev.slipway.oci.OciJson;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The stages of a file, as targets. */
public final class TargetList {
  private TargetList() {}

  /** Returns the answer to {@link Question#TARGETS}. */
  public static Answer answer(BuildFile file, Comments comments) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode targets = json.putArray("targets");
    TextTable table = new TextTable(1);
    table.row("TARGET", "DESCRIPTION");
    for (BuildFile.Stage stage : file.stages()) {
      String name = stage.base().name().orElse("");
      String description = comments.description(stage.from().range(), name);
      boolean last = stage.index() == file.stages().size() - 1;
      ObjectNode target = targets.addObject();
      putUnlessEmpty(target, "name", name);
      if (last) {
        target.put("default", true);
      }
      putUnlessEmpty(target, "description", description);
      putUnlessEmpty(target, "base", stage.base().base());
      putUnlessEmpty(target, "platform", stage.base().platform().orElse(""));
      target.set("location", Places.location(List.of(stage.from().range())));
      String shown = last ? (name + " (default)").strip() : name;
      table.row(shown, description);
    }
    json.putArray("sources").add(file.source().file().data());
    return new Answer(
        Question.TARGETS, OciJson.indented(json), Optional.of(table.toString()), Map.of());
  }

  static void putUnlessEmpty(ObjectNode node, String key, String value) {
    if (!value.isEmpty()) {
      node.put(key, value);
    }
  }
}
