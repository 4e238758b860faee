package dev.slipway.export;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a client wants of files that are exported as such. Unknown attributes mean nothing.
 *
 * @param split whether each platform has a directory of its own; empty = if there is a map of them
 * @param exact whether what is at the client and not in the result goes away
 */
record TreeAttributes(Attributes.Epoch epoch, Optional<Boolean> split, boolean exact) {
  static TreeAttributes parse(Attributes given) throws SlipwayException {
    Attributes.Epoch epoch = given.epoch();
    given.text("attestation-prefix");
    Optional<Boolean> split = given.truth("platform-split");
    boolean exact =
        switch (given.text("mode").orElse("")) {
          case "", "copy" -> false;
          case "delete" -> true;
          case String other ->
              throw new SlipwayException(
                  ErrorKind.INVALID, "invalid local exporter mode \"" + other + "\"");
        };
    return new TreeAttributes(epoch, split, exact);
  }

  boolean splits(ExportSource source) {
    return split.orElse(source.isMap());
  }

  /** The parts, checked. */
  static List<ExportSource.Part> parts(ExportSource source, ImageMaking images)
      throws SlipwayException {
    List<ExportSource.Part> parts = source.parts(images.usualPlatform());
    if (!source.isMap() && parts.size() > 1) {
      throw new SlipwayException(
          ErrorKind.INVALID, "unable to export multiple platforms without map");
    }
    return parts;
  }

  /**
   * A file system on its way.
   *
   * @param directory that it goes into; empty = none of its own
   * @param time that everything in it has
   */
  record Root(String platformId, String directory, Path tar, Optional<Instant> time) {}

  /** Brings the parts' file systems here. @param split whether each goes into a directory */
  List<Root> roots(List<ExportSource.Part> parts, boolean split, ExportSource source, Fetch fetch)
      throws SlipwayException, InterruptedException {
    List<Root> roots = new ArrayList<>();
    for (ExportSource.Part part : parts) {
      roots.add(
          new Root(
              part.id(),
              split ? part.id().replace('/', '_') : "",
              fetch.of(part),
              epoch.of(source, part.id())));
    }
    return roots;
  }

  /** Gives the tar of a part. */
  interface Fetch {
    Path of(ExportSource.Part part) throws SlipwayException, InterruptedException;
  }
}
