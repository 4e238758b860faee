package dev.slipway.identity;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens that do not change: a file with a line {@code NAME SHA-256} each, so that whoever reads it
 * has no token. Looked at again when it changes, at most once a second; a file that cannot be used
 * leaves what was there in use. @ThreadSafe
 */
final class StaticTokens {
  private static final Logger log = LoggerFactory.getLogger(StaticTokens.class);

  private static final Pattern LINE =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,63})\\s+(?:sha256:)?([0-9a-f]{64})");

  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final long MAX_FILE_BYTES = 4L << 20;

  private final Path file;
  private final InstantSource clock;

  // Guarded by this.
  private Map<String, String> names;
  private String seen;
  private Instant looked;

  private StaticTokens(Path file, InstantSource clock) throws SlipwayException {
    this.file = file;
    this.clock = clock;
    this.seen = stamp();
    this.names = read();
    this.looked = clock.instant();
  }

  /** Reads the file. @throws SlipwayException naming the file and the line that is wrong */
  static StaticTokens in(Path file, InstantSource clock) throws SlipwayException {
    return new StaticTokens(file, clock);
  }

  /** Returns the name of the token. */
  synchronized Optional<Facts> facts(String token) {
    look();
    byte[] digest = Digest.sha256().digest(token.getBytes(StandardCharsets.UTF_8));
    return Optional.ofNullable(names.get(HexFormat.of().formatHex(digest)))
        .map(name -> new Facts("token " + name, Map.of("token", List.of(name))));
  }

  private void look() {
    Instant now = clock.instant();
    if (now.isBefore(looked.plus(LOOK_EVERY))) {
      return;
    }
    looked = now;
    String stamp = stamp();
    if (stamp.equals(seen)) {
      return;
    }
    seen = stamp;
    try {
      names = read();
      log.atInfo().addKeyValue("file", file).addKeyValue("tokens", names.size()).log("tokens read");
    } catch (SlipwayException e) {
      log.atError()
          .addKeyValue("reason", e.getMessage())
          .log("changed token file cannot be used; the earlier tokens stay valid");
    }
  }

  private String stamp() {
    try {
      return Files.getLastModifiedTime(file) + " " + Files.size(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private Map<String, String> read() throws SlipwayException {
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
