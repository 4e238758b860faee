package dev.slipway.fetch.git;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.PgpSignatures;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Signatures inside commit and tag objects. OpenPGP's are checked; those by ssh keys are refused by
 * name. Formats: git's gitformat-signature.
 */
final class GitSignature {
  private static final String HEADER = "\ngpgsig ";
  private static final String HEADER_SHA256 = "\ngpgsig-sha256 ";
  private static final String BEGIN_PGP = "-----BEGIN PGP SIGNATURE-----";
  private static final String BEGIN_SSH = "-----BEGIN SSH SIGNATURE-----";

  private GitSignature() {}

  /**
   * What has to be signed.
   *
   * @param keys armored public keys of which one has signed
   * @param tagRequired whether a signed commit alone will not do
   * @param tagIgnored whether only the commit counts
   */
  record Demand(String keys, boolean tagRequired, boolean tagIgnored) {
    static Optional<Demand> of(Map<String, String> attributes) throws SlipwayException {
      if (attributes.keySet().stream().noneMatch(key -> key.startsWith("git.sig."))) {
        return Optional.empty();
      }
      String keys = attributes.getOrDefault("git.sig.pubkey", "");
      if (!keys.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
        throw new SlipwayException(
            ErrorKind.UNSUPPORTED,
            "verifying git signatures by keys that are no armored OpenPGP keys is not supported");
      }
      if (attributes.getOrDefault("git.sig.rejectexpired", "").equals("true")) {
        throw new SlipwayException(
            ErrorKind.UNSUPPORTED,
            "git.sig.rejectexpired is not supported: expired keys cannot be told yet");
      }
      return Optional.of(
          new Demand(
              keys,
              attributes.getOrDefault("git.sig.requiresignedtag", "").equals("true"),
              attributes.getOrDefault("git.sig.ignoresignedtag", "").equals("true")));
    }
  }

  /**
   * Checks the tag's signature, else the commit's.
   *
   * @param tag empty when the ref is no tag object
   * @throws SlipwayException DENIED when neither is good
   */
  static void verify(Demand demand, byte[] commit, byte[] tag) throws SlipwayException {
    SlipwayException bad = null;
    if (!demand.tagIgnored() && tag.length > 0) {
      try {
        verifyTag(demand, tag);
        return;
      } catch (SlipwayException e) {
        bad = e;
      }
    }
    if (demand.tagRequired()) {
      throw bad != null
          ? bad
          : new SlipwayException(ErrorKind.DENIED, "signed tag required but no signed tag found");
    }
    verifyCommit(demand, commit);
  }

  private static void verifyTag(Demand demand, byte[] tag) throws SlipwayException {
    String text = text(tag);
    int begin = Math.max(text.indexOf(BEGIN_PGP), text.indexOf(BEGIN_SSH));
    if (begin < 0) {
      throw unsigned("tag");
    }
    check(demand, text.substring(0, begin), text.substring(begin));
  }

  /** The signature is a header of many lines, of which all but the first begin with a space. */
  private static void verifyCommit(Demand demand, byte[] commit) throws SlipwayException {
    String text = text(commit);
    int end = text.indexOf("\n\n");
    int header = text.indexOf(HEADER);
    String name = HEADER;
    if (header < 0 || end >= 0 && header > end) {
      header = text.indexOf(HEADER_SHA256);
      name = HEADER_SHA256;
    }
    if (header < 0 || end >= 0 && header > end) {
      throw unsigned("commit");
    }
    int last = text.indexOf('\n', header + 1);
    while (last >= 0 && last + 1 < text.length() && text.charAt(last + 1) == ' ') {
      last = text.indexOf('\n', last + 1);
    }
    String signature = text.substring(header + name.length(), last).replace("\n ", "\n");
    check(demand, text.substring(0, header) + text.substring(last), signature);
  }

  private static void check(Demand demand, String signed, String signature)
      throws SlipwayException {
    if (signature.startsWith(BEGIN_SSH)) {
      throw new SlipwayException(
          ErrorKind.UNSUPPORTED, "verifying git signatures by ssh keys is not supported");
    }
    PgpSignatures.verify(
        out -> out.write(signed.getBytes(StandardCharsets.ISO_8859_1)), demand.keys(), signature);
  }

  private static SlipwayException unsigned(String what) {
    return new SlipwayException(ErrorKind.DENIED, "git " + what + " is not signed");
  }

  /** Bytes as characters one to one: objects have any encoding. */
  private static String text(byte[] object) {
    return new String(object, StandardCharsets.ISO_8859_1);
  }
}
