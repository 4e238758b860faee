package dev.slipway.identity;

import dev.slipway.config.WatchedFile;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tokens that do not change: a file with a line {@code NAME SHA-256} each, so that whoever reads it
 * has no token. @ThreadSafe
 */
final class StaticTokens {
  private static final Pattern LINE =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,63})\\s+(?:sha256:)?([0-9a-f]{64})");

  private static final long MAX_FILE_BYTES = 4L << 20;

  /** Names by digest. */
  private final WatchedFile<Map<String, String>> names;

  private StaticTokens(WatchedFile<Map<String, String>> names) {
    this.names = names;
  }

  /** Reads the file. @throws SlipwayException naming the file and the line that is wrong */
  static StaticTokens in(Path file, InstantSource clock) throws SlipwayException {
    return new StaticTokens(WatchedFile.of(file, StaticTokens::read, clock));
  }

  /** Returns the name of the token. */
  Optional<Facts> facts(String token) {
    byte[] digest = Digest.sha256().digest(token.getBytes(StandardCharsets.UTF_8));
    return Optional.ofNullable(names.get().get(HexFormat.of().formatHex(digest)))
        .map(name -> new Facts("token " + name, Map.of("token", List.of(name))));
  }

  private static Map<String, String> read(Path file) throws SlipwayException {
    List<String> lines;
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "token file " + file + " has more than " + MAX_FILE_BYTES + " bytes");
      }
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "reading token file " + file + " failed: " + e, e);
    }
    Map<String, String> read = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      Matcher parts = LINE.matcher(line);
      if (!parts.matches()) {
        throw new SlipwayException(
            ErrorKind.INVALID,
            "token file "
                + file
                + ", line "
                + (i + 1)
                + ": expected NAME SHA-256 (64 hexadecimal digits); `slipway token` writes such lines");
      }
      read.put(parts.group(2), parts.group(1));
    }
    return Map.copyOf(read);
  }
}
