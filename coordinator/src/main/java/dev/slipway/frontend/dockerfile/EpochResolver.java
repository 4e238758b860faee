package dev.slipway.frontend.dockerfile;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.FrontendBridge.SourceDescription;
import dev.slipway.frontend.dockerfile.convert.EpochSource;
import dev.slipway.frontend.dockerfile.convert.MainContext;
import dev.slipway.frontend.dockerfile.convert.NamedContext;
import dev.slipway.graph.Op;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the date that SOURCE_DATE_EPOCH stands for: of the commit, of the download, or of the
 * newest file in an archive that was downloaded. What has none of these leaves it unset.
 */
record EpochResolver(FrontendOptions options, FrontendBridge bridge, MainContext context) {
  private static final Pattern COMMITTER =
      Pattern.compile("^committer .*> (-?[0-9]{1,18}) [-+][0-9]{4}$", Pattern.MULTILINE);

  OptionalLong resolve(EpochSource epoch)
      throws SlipwayException, IOException, InterruptedException {
    return switch (epoch) {
      case EpochSource.None _ -> OptionalLong.empty();
      case EpochSource.Seconds(long seconds) -> OptionalLong.of(seconds);
      case EpochSource.OfContext _ ->
          date(ofContext(), "[internal] resolve main build context metadata");
      case EpochSource.OfNamed(var key) ->
          date(
              ofNamed(new NamedContextResolver(options, bridge).resolve(key)),
              "[internal] resolve SOURCE_DATE_EPOCH named context " + key.option());
      case EpochSource.OfStage(String name, Op.Source source) ->
          date(Optional.of(source), "[internal] resolve SOURCE_DATE_EPOCH source stage " + name);
    };
  }

  private Optional<Op.Source> ofContext() {
    return switch (context) {
      case MainContext.Local _ -> Optional.empty();
      case MainContext.Graph(var definition) -> SingleVertex.onlySource(definition);
    };
  }

  private static Optional<Op.Source> ofNamed(NamedContext named) {
    return switch (named) {
      case NamedContext.Source source -> Optional.of(source.source());
      case NamedContext.Input input -> SingleVertex.onlySource(input.definition());
      case NamedContext.Scratch _, NamedContext.Local _ -> Optional.empty();
    };
  }

  private OptionalLong date(Optional<Op.Source> found, String logName)
      throws SlipwayException, IOException, InterruptedException {
    if (found.isEmpty()) {
      return OptionalLong.empty();
    }
    Op.Source source = found.get();
    boolean web = source.scheme().equals("http") || source.scheme().equals("https");
    if (!web && !source.scheme().equals("git")) {
      return OptionalLong.empty();
    }
    SourceDescription description = bridge.describe(source, Optional.empty(), logName);
    if (description.commit().isPresent()) {
      return committed(new String(description.commit().get(), StandardCharsets.UTF_8));
    }
    Optional<Instant> date = description.lastModified();
    String filename = source.attributes().getOrDefault("http.filename", "");
    if (date.isEmpty() && web && !filename.isEmpty()) {
      FrontendBridge.Reference download =
          bridge.solve(SingleVertex.source(source, source.identifier()));
      date = Archives.newest(download.readFile(filename));
    }
    return date.isPresent() ? OptionalLong.of(date.get().getEpochSecond()) : OptionalLong.empty();
  }

  private static OptionalLong committed(String commit) {
    Matcher matcher = COMMITTER.matcher(commit);
    return matcher.find()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }
}
