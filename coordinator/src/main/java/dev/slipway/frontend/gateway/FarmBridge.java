package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The bridge of frontends that run in the coordinator. @ThreadSafe */
final class FarmBridge implements FrontendBridge {
  private final GatewayBuild build;

  FarmBridge(GatewayBuild build) {
    this.build = build;
  }

  @Override
  public Reference solve(Definition definition) {
    ResultReference reference = build.refer(definition);
    return new Reference() {
      @Override
      public byte[] readFile(String path)
          throws SlipwayException, IOException, InterruptedException {
        return build.readFile(reference, path, ResultFiles.Section.ALL);
      }

      @Override
      public byte[] readStart(String path, int length)
          throws SlipwayException, IOException, InterruptedException {
        return build.readFile(reference, path, new ResultFiles.Section(0, length));
      }

      @Override
      public Optional<byte[]> findFile(String path)
          throws SlipwayException, IOException, InterruptedException {
        build.evaluate(
            reference); // what is not found while evaluating is no answer to the question
        try {
          return Optional.of(readFile(path));
        } catch (SlipwayException e) {
          if (e.kind() == ErrorKind.NOT_FOUND) {
            return Optional.empty();
          }
          throw e;
        }
      }
    };
  }

  @Override
  public ResolvedImage resolveImage(
      String reference, Platform platform, String resolveMode, String logName)
      throws SlipwayException, InterruptedException {
    return build.resolveImage(reference, platform, logName);
  }

  @Override
  public FrontendResult forward(String image, FrontendRequest request)
      throws SlipwayException, IOException, InterruptedException {
    return build.forward(
        new GatewayBuild.Question(
            Optional.empty(),
            FrontendNames.GATEWAY,
            request.forwarded(image).options(),
            request.inputs(),
            false));
  }

  @Override
  public boolean isBuiltIn(String image) {
    return FrontendNames.isBuiltIn(image);
  }

  @Override
  public SourceDescription describe(Op.Source source, Optional<Platform> platform, String logName)
      throws SlipwayException, InterruptedException {
    SourceQuestions.Answer answer =
        build.ask(
            new SourceQuestions.Question(
                source,
                platform,
                logName,
                new SourceFacts.Wanted(true, Optional.empty()),
                List.of(),
                true));
    Optional<ResolvedImage> image =
        answer
            .image()
            .map(found ->
                new ResolvedImage(answer.source().locator(), found.digest(), found.config()));
    return switch (answer.facts()) {
      case SourceFacts.Git git ->
          new SourceDescription(image, Optional.of(git.commitObject()), Optional.empty());
      case SourceFacts.Http http ->
          new SourceDescription(image, Optional.empty(), http.lastModified());
      case SourceFacts.None _ -> new SourceDescription(image, Optional.empty(), Optional.empty());
    };
  }

  @Override
  public Progress progress() {
    return build.context().progress();
  }
}
