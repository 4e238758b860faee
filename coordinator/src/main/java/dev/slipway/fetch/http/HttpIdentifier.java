package dev.slipway.fetch.http;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.SingleFile;
import dev.slipway.graph.Op;
import dev.slipway.oci.Digest;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an http source op asks for.
 *
 * @param url as the client wrote it
 * @param checksum what the bytes must be
 * @param authSecret id of the secret that is the Authorization header; empty = those of the host
 * @param headers that the client may choose, by name
 * @param signature a PGP signature of the file and the keys that may have made it
 */
record HttpIdentifier(
    String url,
    Optional<Digest> checksum,
    SingleFile file,
    String authSecret,
    Map<String, String> headers,
    Optional<Signature> signature) {
  private static final String HEADER = "http.header.";

  HttpIdentifier {
    headers = java.util.Collections.unmodifiableMap(new TreeMap<>(headers));
  }

  /** An armored detached signature, and armored public keys. */
  record Signature(String keys, String signature) {}

  static HttpIdentifier of(Op.Source source) throws SlipwayException {
    Map<String, String> attributes = source.attributes();
    String checksum = attributes.getOrDefault("http.checksum", "");
    if (!checksum.isEmpty() && !Digest.isDigest(checksum)) {
      throw new SlipwayException(
          ErrorKind.INVALID,
          "http checksum \"" + checksum + "\": invalid checksum digest format, sha256:… is known");
    }
    Map<String, String> headers = new TreeMap<>();
    attributes.forEach((key, value) -> {
      if (key.startsWith(HEADER)) {
        switch (key.substring(HEADER.length()).toLowerCase(Locale.ROOT)) {
          case "accept" -> headers.put("Accept", value);
          case "user-agent" -> headers.put("User-Agent", value);
          default -> {} // as in BuildKit, others are left out
        }
      }
    });
    return new HttpIdentifier(
        source.identifier(),
        checksum.isEmpty() ? Optional.empty() : Optional.of(new Digest(checksum)),
        SingleFile.of(attributes),
        attributes.getOrDefault("http.authheadersecret", ""),
        headers,
        signature(attributes));
  }

  private static Optional<Signature> signature(Map<String, String> attributes)
      throws SlipwayException {
    String keys = attributes.getOrDefault("http.sig.pubkey", "");
    String signature = attributes.getOrDefault("http.sig.signature", "");
    if (keys.isEmpty() != signature.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.INVALID, "http signature verification requires both pubkey and signature");
    }
    return keys.isEmpty() ? Optional.empty() : Optional.of(new Signature(keys, signature));
  }

  /** Names all that a server's answer and the file that is made of it depend on. */
  String key(String scope) {
    return Digest.ofText(
            String.join(
                "\0",
                scope,
                url,
                file.filename(),
                Integer.toString(file.permissions()),
                Integer.toString(file.uid()),
                Integer.toString(file.gid()),
                authSecret,
                headers.toString()))
        .hex();
  }
}
