package dev.slipway.frontend.dockerfile;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.frontend.ReplacedImage;
import dev.slipway.frontend.dockerfile.convert.ContextKey;
import dev.slipway.frontend.dockerfile.convert.GitReference;
import dev.slipway.frontend.dockerfile.convert.NamedContext;
import dev.slipway.frontend.dockerfile.convert.RemoteSources;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.OciJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out what the client's {@code context:name} options mean. @ThreadSafe */
record NamedContextResolver(FrontendOptions options, FrontendBridge bridge) {
  private static final Pattern LAYOUT =
      Pattern.compile("([^@]+?)(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?@(.+)");
  private static final String IGNORE_FILE = ".dockerignore";

  /** Resolves one. */
  NamedContext resolve(ContextKey key) throws SlipwayException, IOException, InterruptedException {
    String value = options.option("context:" + key.option());
    try {
      return resolve(key, value);
    } catch (ReplacedImage e) {
      return resolve(key, e.replacement().replaceFirst("://", ":"));
    }
  }

  private NamedContext resolve(ContextKey key, String value)
      throws SlipwayException, IOException, InterruptedException {
    int colon = value.indexOf(':');
    if (colon < 0) {
      throw invalid("invalid context specifier " + value + " for " + key.option());
    }
    String scheme = value.startsWith("git@") ? "git" : value.substring(0, colon);
    String rest = value.substring(colon + 1);
    return switch (scheme) {
      case "docker-image" -> image(key, withoutSlashes(rest));
      case "oci-layout" -> layout(key, withoutSlashes(rest));
      case "git" ->
          repository(
              value,
              GitReference.parse(value).orElseThrow(() -> invalid("invalid git context " + value)));
      case "http", "https" -> {
        Optional<GitReference> git = GitReference.parse(value);
        yield git.isPresent()
            ? repository(value, git.get())
            : source(
                RemoteSources.http(value, "context", Optional.empty()),
                "[context " + key.option() + "] " + value);
      }
      case "local" -> local(key, rest);
      case "input" -> input(key, rest);
      default -> throw invalid("unsupported context source " + scheme + " for " + key.option());
    };
  }

  private static String withoutSlashes(String text) {
    return text.startsWith("//") ? text.substring(2) : text;
  }

  private NamedContext image(ContextKey key, String written)
      throws SlipwayException, InterruptedException {
    if (written.equals("scratch")) {
      return new NamedContext.Scratch();
    }
    ImageReference reference;
    try {
      reference = ImageReference.parse(written);
    } catch (IllegalArgumentException e) {
      throw invalid(e.getMessage());
    }
    ResolvedImage image =
        bridge.resolveImage(
            reference.toString(),
            key.platform(),
            options.imageResolveMode(),
            "[context " + key.option() + "] load metadata for " + written);
    return new NamedContext.Source(
        new Op.Source(
            "docker-image://" + ImageReference.parse(image.reference()).withDigest(image.digest()),
            Map.of()),
        Optional.of(key.platform()),
        "[context " + key.option() + "] " + reference,
        Optional.of(image.config()));
  }

  private NamedContext layout(ContextKey key, String written)
      throws SlipwayException, InterruptedException {
    Matcher matcher = LAYOUT.matcher(written);
    if (!matcher.matches()) {
      throw invalid("oci-layout reference \"" + written + "\" has no digest");
    }
    if (!Digest.isDigest(matcher.group(2))) {
      throw invalid("could not parse oci-layout reference \"" + written + "\"");
    }
    // The name is for people only: the store and the digest say what it is.
    ImageReference name =
        ImageReference.parseAsWritten(key.option().replaceFirst("::.*", ""))
            .withDigest(new Digest(matcher.group(2)));
    Op.Source source =
        new Op.Source(
            "oci-layout://" + name,
            Map.of("oci.session", options.request().sessionId(), "oci.store", matcher.group(1)));
    ResolvedImage image =
        bridge
            .describe(
                source,
                Optional.of(key.platform()),
                "[context " + key.option() + "] load metadata for " + name)
            .image()
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.NOT_FOUND, "oci-layout://" + name + " is not an image"));
    return new NamedContext.Source(
        source,
        Optional.of(key.platform()),
        "[context " + key.option() + "] OCI load from client",
        Optional.of(image.config()));
  }

  private static NamedContext repository(String value, GitReference git) {
    return source(RemoteSources.git(git), "[internal] load git source " + value);
  }

  private static NamedContext source(Op.Source source, String vertexName) {
    return new NamedContext.Source(source, Optional.empty(), vertexName, Optional.empty());
  }

  private NamedContext local(ContextKey key, String name)
      throws SlipwayException, IOException, InterruptedException {
    FrontendOptions.Local local = options.local(name);
    String prefix = "context:" + key.option() + "-";
    List<String> excludes =
        BuildInputs.ignorePatterns(
            bridge,
            local,
            prefix + IGNORE_FILE,
            "[context " + key.option() + "] load " + IGNORE_FILE);
    return new NamedContext.Local(
        key.option(),
        name,
        local.sessionId(),
        prefix + options.option("sharedkey:localdir:" + key.option()),
        excludes);
  }

  private NamedContext input(ContextKey key, String name) throws SlipwayException {
    Definition definition = options.request().inputs().get(name);
    if (definition == null) {
      throw invalid("invalid input " + name + " for " + key.option());
    }
    String metadata = options.option("input-metadata:" + name);
    return new NamedContext.Input(
        definition, metadata.isEmpty() ? Optional.empty() : config(metadata));
  }

  /** Metadata is a JSON object of base64 values, as Go writes a map of bytes. */
  private static Optional<byte[]> config(String metadata) throws SlipwayException {
    try {
      JsonNode value =
          OciJson.tree(metadata.getBytes(StandardCharsets.UTF_8)).path("containerimage.config");
      return value.isTextual() ? Optional.of(value.binaryValue()) : Optional.empty();
    } catch (SlipwayException | IOException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "failed to parse input metadata " + metadata, e);
    }
  }

  private static SlipwayException invalid(String message) {
    return new SlipwayException(ErrorKind.INVALID, message);
  }
}
