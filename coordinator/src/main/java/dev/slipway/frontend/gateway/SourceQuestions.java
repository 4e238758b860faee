package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.RemoteSources;
import dev.slipway.fetch.Requester;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.fetch.layout.OciLayouts;
import dev.slipway.frontend.FrontendBridge.ResolvedImage;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import dev.slipway.policy.SourcePolicy;
import dev.slipway.progress.Progress.VertexState;
import dev.slipway.registry.Authenticator;
import dev.slipway.solve.BuildContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the sources of one build are now: asked by its frontend before it makes a graph, and by its
 * policy. The first answer about an image holds for the whole build. @ThreadSafe
 */
public final class SourceQuestions {
  private static final String IMAGE = "docker-image";
  private static final String LOCAL = "local";

  private final GatewayParts parts;
  private final Map<ImageQuestion, ResolvedImage> images = new ConcurrentHashMap<>();

  private record ImageQuestion(String reference, Platform platform) {}

  SourceQuestions(GatewayParts parts) {
    this.parts = parts;
  }

  /**
   * A question.
   *
   * @param platform of an image; empty = the farm's default
   * @param logName of the line that the user sees; empty = made from the source
   * @param policies more rules than the build's
   * @param byClient whether the client's own policy is asked too
   */
  public record Question(
      Op.Source source,
      Optional<Platform> platform,
      String logName,
      SourceFacts.Wanted wanted,
      List<SourcePolicy> policies,
      boolean byClient) {
    public Question {
      policies = List.copyOf(policies);
    }
  }

  /**
   * An answer.
   *
   * @param source as the policies have it
   * @param image of sources that are images
   */
  public record Answer(Op.Source source, Optional<ResolvedImage> image, SourceFacts facts) {}

  Answer ask(BuildContext build, Question question) throws SlipwayException, InterruptedException {
    Platform platform =
        question
            .platform()
            .orElseGet(
                () -> parts.platforms().get().stream().findFirst().orElse(Platform.LINUX_AMD64));
    Op.Source source =
        question.byClient()
            ? build.policy().check(question.source(), question.platform(), question.policies())
            : build.policy().checkRules(question.source(), question.platform());
    String logName =
        question.logName().isEmpty()
            ? "resolve image config for " + source.identifier()
            : question.logName();
    return switch (source.scheme()) {
      case LOCAL -> new Answer(source, Optional.empty(), new SourceFacts.None());
      case IMAGE ->
          new Answer(
              source, Optional.of(image(build, source, platform, logName)), new SourceFacts.None());
      case OciLayouts.SCHEME ->
          new Answer(
              source,
              Optional.of(layout(build, source, platform, logName)),
              new SourceFacts.None());
      default -> {
        if (!parts.remote().serves(source.scheme())) {
          throw RemoteSources.unknownScheme(source);
        }
        yield new Answer(
            source,
            Optional.empty(),
            shown(
                build,
                logName,
                source.identifier(),
                () -> parts.remote().facts(source, question.wanted(), requester(build))));
      }
    };
  }

  private ResolvedImage image(
      BuildContext build, Op.Source source, Platform platform, String logName)
      throws SlipwayException, InterruptedException {
    ImageReference name = reference(source.locator());
    ResolvedImage image = image(build, name.toString(), platform, logName);
    String checksum = source.attributes().getOrDefault("image.checksum", "");
    if (!checksum.isEmpty() && !image.digest().value().equals(checksum)) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "image digest "
              + image.digest()
              + " for "
              + name
              + " does not match expected checksum "
              + checksum);
    }
    return image;
  }

  private ResolvedImage image(
      BuildContext build, String reference, Platform platform, String logName)
      throws SlipwayException, InterruptedException {
    ImageQuestion question = new ImageQuestion(reference, platform);
    ResolvedImage known = images.get(question);
    if (known != null) {
      return known;
    }
    ResolvedImage found =
        shown(
            build,
            logName,
            reference + " " + platform,
            () -> {
              ImageReference name = ImageReference.parse(reference);
              build.rights().checkPull(name);
              Authenticator credentials = requester(build).authenticator();
              ResolvedImage image = parts.images().resolve(reference, platform, credentials);
              build.pulls().add(name, image.digest());
              return image;
            });
    images.put(question, found);
    return found;
  }

  private ResolvedImage layout(
      BuildContext build, Op.Source source, Platform platform, String logName)
      throws SlipwayException, InterruptedException {
    return shown(
        build,
        logName,
        source.identifier() + " " + platform,
        () -> {
          var image = parts.layouts().resolve(source, platform, requester(build));
          return new ResolvedImage(
              source.locator(), new Digest(image.root().digest().value()), image.config());
        });
  }

  private Requester requester(BuildContext build) {
    return new Requester(
        build.buildId(),
        build.sessionId(),
        build.rights(),
        parts.sessions(),
        Requester.Output.NONE);
  }

  private interface Work<T> {
    T run() throws SlipwayException, InterruptedException;
  }

  private <T> T shown(BuildContext build, String logName, String what, Work<T> work)
      throws SlipwayException, InterruptedException {
    VertexState line =
        VertexState.internal(build.buildId() + " " + logName + " " + what, logName)
            .started(parts.clock().instant());
    build.progress().vertex(line);
    try {
      T result = work.run();
      build.progress().vertex(line.completed(parts.clock().instant()));
      return result;
    } catch (SlipwayException e) {
      build.progress().vertex(line.failed(parts.clock().instant(), e.getMessage()));
      throw e;
    }
  }

  private static ImageReference reference(String text) throws SlipwayException {
    try {
      return ImageReference.parse(text);
    } catch (IllegalArgumentException e) {
      throw new SlipwayException(ErrorKind.INVALID, "image \"" + text + "\": " + e.getMessage(), e);
    }
  }

  void forget() {
    images.clear();
  }
}
