package dev.slipway.frontend.dockerfile.subrequest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.oci.OciJson;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a target takes.
 *
 * @param name of the target stage; empty when it has none
 * @param description of the target stage
 */
record Outline(
    String name, String description, List<Argument> arguments, List<Need> secrets, List<Need> ssh) {
  /** A build argument with the value that it has. */
  record Argument(String name, String description, String value, Range range) {}

  /** A secret, or an agent for ssh. */
  record Need(String name, boolean required, Range range) {}

  Outline {
    arguments = List.copyOf(arguments);
    secrets = List.copyOf(secrets);
    ssh = List.copyOf(ssh);
  }

  Answer answer(byte[] dockerfile) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    TargetList.putUnlessEmpty(json, "name", name);
    TargetList.putUnlessEmpty(json, "description", description);
    if (!arguments.isEmpty()) {
      ArrayNode list = json.putArray("args");
      for (Argument argument : arguments) {
        ObjectNode node = list.addObject().put("name", argument.name());
        TargetList.putUnlessEmpty(node, "description", argument.description());
        TargetList.putUnlessEmpty(node, "value", argument.value());
        node.set("location", Places.location(List.of(argument.range())));
      }
    }
    put(json, "secrets", secrets);
    put(json, "ssh", ssh);
    json.putArray("sources").add(dockerfile);
    return new Answer(Question.OUTLINE, OciJson.indented(json), Optional.of(text()), Map.of());
  }

  private static void put(ObjectNode json, String key, List<Need> needs) {
    if (needs.isEmpty()) {
      return;
    }
    ArrayNode list = json.putArray(key);
    for (Need need : needs) {
      ObjectNode node = list.addObject().put("name", need.name());
      if (need.required()) {
        node.put("required", true);
      }
      node.set("location", Places.location(List.of(need.range())));
    }
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    if (!name.isEmpty() || !description.isEmpty()) {
      TextTable head = new TextTable(1);
      head.row("TARGET:", name.isEmpty() ? "(default)" : name);
      if (!description.isEmpty()) {
        head.row("DESCRIPTION:", description);
      }
      text.append(head).append('\n');
    }
    if (!arguments.isEmpty()) {
      TextTable table = new TextTable(3);
      table.row("BUILD ARG", "VALUE", "DESCRIPTION");
      arguments.forEach(each -> table.row(each.name(), each.value(), each.description()));
      text.append(table).append('\n');
    }
    text.append(table("SECRET", secrets)).append(table("SSH", ssh));
    return text.toString();
  }

  private static String table(String title, List<Need> needs) {
    if (needs.isEmpty()) {
      return "";
    }
    TextTable table = new TextTable(3);
    table.row(title, "REQUIRED");
    needs.forEach(need -> table.row(need.name(), need.required() ? "true" : ""));
    return table + "\n";
  }
}
