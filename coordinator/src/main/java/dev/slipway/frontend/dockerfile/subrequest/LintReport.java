package dev.slipway.frontend.dockerfile.subrequest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.lint.LintWarning;
import dev.slipway.graph.SourceMap.Range;
import dev.slipway.graph.SourceMap.SourceFile;
import dev.slipway.oci.OciJson;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The warnings of a file, and the error that it ends with if there is one. */
public final class LintReport {
  private LintReport() {}

  /** Returns the answer to {@link Question#LINT}. */
  public static Answer answer(
      SourceFile file, List<LintWarning> warnings, Optional<SlipwayException> error) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (warnings.isEmpty()) {
      json.putNull("warnings");
    } else {
      ArrayNode list = json.putArray("warnings");
      warnings.forEach(warning -> list.add(warning(warning)));
    }
    json.putArray("sources").add(source(file));
    error.ifPresent(e -> {
      ObjectNode failure = json.putObject("buildError");
      failure.put("message", e.getMessage());
      failure.set(
          "location", Places.location(e instanceof SourceError at ? merged(at) : List.of()));
    });
    boolean clean = warnings.isEmpty() && error.isEmpty();
    return new Answer(
        Question.LINT,
        OciJson.indented(json),
        Optional.of(text(file, warnings)),
        Map.of("result.statuscode", clean ? "0" : "1"));
  }

  private static ObjectNode warning(LintWarning warning) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("ruleName", warning.rule().title());
    node.put("description", warning.rule().description());
    TargetList.putUnlessEmpty(node, "url", warning.rule().url());
    node.put("detail", warning.message());
    node.set("location", Places.location(List.of(warning.range())));
    return node;
  }

  private static ObjectNode source(SourceFile file) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("filename", file.filename());
    node.put("data", file.data());
    TargetList.putUnlessEmpty(node, "language", file.language());
    return node;
  }

  private static List<Range> merged(SourceError error) {
    List<Range> merged = new ArrayList<>();
    for (Range range :
        error.ranges().stream().sorted(Comparator.comparingInt(Range::startLine)).toList()) {
      if (!merged.isEmpty() && range.startLine() <= merged.getLast().endLine()) {
        Range last = merged.removeLast();
        merged.add(Range.lines(last.startLine(), Math.max(last.endLine(), range.endLine())));
      } else {
        merged.add(range);
      }
    }
    return merged;
  }

  private static String text(SourceFile file, List<LintWarning> warnings) {
    StringBuilder text = new StringBuilder();
    for (LintWarning warning :
        warnings.stream()
            .sorted(Comparator.comparingInt(each -> each.range().startLine()))
            .toList()) {
      text.append("\nWARNING: ").append(warning.rule().title());
      if (!warning.rule().url().isEmpty()) {
        text.append(" - ").append(warning.rule().url());
      }
      text.append('\n').append(warning.message()).append('\n');
      text.append(Places.snippet(file, warning.range()));
    }
    return text.toString();
  }
}
