package dev.slipway.frontend.dockerfile;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.frontend.FrontendBridge;
import dev.slipway.frontend.FrontendRequest;
import dev.slipway.frontend.FrontendResult;
import dev.slipway.graph.Definition;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import dev.slipway.oci.Platform;
import dev.slipway.progress.Progress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A farm with a Dockerfile and whatever is beside it; every image is one layer for {@code amd64}.
 */
final class FileBridge implements FrontendBridge {
  final Map<String, String> files = new HashMap<>();
  final List<Progress.Warning> warnings = new ArrayList<>();

  final Map<String, Definition> inputs = new HashMap<>();

  /** Every vertex that files were read of. */
  final List<String> solved = new ArrayList<>();

  /** What every source is now. */
  SourceDescription description =
      new SourceDescription(Optional.empty(), Optional.empty(), Optional.empty());

  FileBridge(String dockerfile) {
    files.put("Dockerfile", dockerfile);
  }

  FileBridge with(String name, String text) {
    files.put(name, text);
    return this;
  }

  FrontendResult solve(Map<String, String> options) throws Exception {
    return new DockerfileFrontend()
        .solve(
            new FrontendRequest(
                options,
                inputs,
                "session",
                Platform.LINUX_AMD64,
                List.of(Platform.LINUX_AMD64, Platform.LINUX_ARM64)),
            this);
  }

  @Override
  public Reference solve(Definition definition) {
    solved.add(definition.vertex(definition.result().orElseThrow().vertex()).name());
    return new Reference() {
      @Override
      public byte[] readFile(String path) throws SlipwayException {
        return findFile(path).orElseThrow(() -> new SlipwayException(ErrorKind.NOT_FOUND, path));
      }

      @Override
      public byte[] readStart(String path, int length) throws SlipwayException {
        byte[] all = readFile(path);
        return Arrays.copyOf(all, Math.min(length, all.length));
      }

      @Override
      public Optional<byte[]> findFile(String path) {
        return Optional.ofNullable(files.get(path))
            .map(text -> text.getBytes(StandardCharsets.UTF_8));
      }
    };
  }

  @Override
  public ResolvedImage resolveImage(
      String reference, Platform platform, String resolveMode, String logName) {
    String config =
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"diff_ids\":[\""
            + Digest.ofText("layer").value()
            + "\"]}}";
    return new ResolvedImage(
        reference, Digest.ofText(reference), config.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public SourceDescription describe(Op.Source source, Optional<Platform> platform, String logName) {
    return description;
  }

  @Override
  public Progress progress() {
    return new Progress() {
      @Override
      public void vertex(VertexState vertex) {}

      @Override
      public void status(StatusLine status) {}

      @Override
      public void log(LogChunk chunk) {}

      @Override
      public void warning(Warning warning) {
        warnings.add(warning);
      }
    };
  }
}
