package dev.slipway.frontend.gateway;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.graph.Definition;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress;
import java.io.IOException;
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
  public Progress progress() {
    return build.context().progress();
  }
}
