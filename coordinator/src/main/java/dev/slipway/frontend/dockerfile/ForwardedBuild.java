package dev.slipway.frontend.dockerfile;

import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.frontend.SourceError;
import dev.slipway.frontend.dockerfile.parser.SourceText;
import dev.slipway.frontend.gateway.ClientFailure;
import java.io.IOException;
import java.util.List;

/** A Dockerfile that another frontend builds. */
final class ForwardedBuild {
  private ForwardedBuild() {}

  /** Has it built; an error that names no place gets that of the syntax. */
  static FrontendResult of(
      Syntax syntax, SourceText file, FrontendRequest request, FrontendBridge bridge)
      throws SlipwayException, IOException, InterruptedException {
    try {
      return bridge.forward(syntax.image(), request.with("cmdline", syntax.commandLine()));
    } catch (SourceError | ClientFailure e) {
      throw e;
    } catch (SlipwayException e) {
      if (syntax.place().isEmpty()) {
        throw new SlipwayException(
            e.kind(),
            "failed with build-arg:BUILDKIT_SYNTAX = "
                + syntax.commandLine()
                + ": "
                + e.getMessage(),
            e);
      }
      SourceError placed =
          new SourceError(e.kind(), e.getMessage(), file.file(), List.of(syntax.place().get()));
      placed.initCause(e);
      throw placed;
    }
  }
}
