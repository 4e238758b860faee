package dev.slipway.oci;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an image, always with its registry host: {@code docker.io/library/alpine:latest}.
 * Docker's familiar short forms are understood when parsing and made by {@link #familiar()}.
 * Grammar: distribution's reference format.
 *
 * @param host registry host, with port if there is one: {@code docker.io}, {@code localhost:5000}
 * @param repository path in the registry: {@code library/alpine}
 * @param tag at most 128 characters
 * @param digest pins the content; the tag is then a remark
 */
public record ImageReference(
    String host, String repository, Optional<String> tag, Optional<Digest> digest) {
  public static final String DOCKER_HUB = "docker.io";

  /** Bound of the grammar for host and path together. */
  private static final int LONGEST_NAME = 255;

  private static final String DOMAIN_COMPONENT =
      "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
  private static final Pattern HOST =
      Pattern.compile(
          "(?:"
              + DOMAIN_COMPONENT
              + "(?:\\."
              + DOMAIN_COMPONENT
              + ")*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?");
  private static final Pattern PATH_COMPONENT =
      Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
  private static final Pattern IMAGE_ID = Pattern.compile("[a-f0-9]{64}");

  public ImageReference {
    if (!HOST.matcher(host).matches()) {
      throw new IllegalArgumentException(
          "invalid reference format: \"" + host + "\" is not a registry host");
    }
    if (!repository.equals(repository.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "invalid reference format: repository name (" + repository + ") must be lowercase");
    }
    for (String component : repository.split("/", -1)) {
      if (!PATH_COMPONENT.matcher(component).matches()) {
        throw new IllegalArgumentException("invalid reference format");
      }
    }
    if (host.length() + 1 + repository.length() > LONGEST_NAME) {
      throw new IllegalArgumentException(
          "repository name must not be more than " + LONGEST_NAME + " characters");
    }
    if (tag.isPresent() && !TAG.matcher(tag.get()).matches()) {
      throw new IllegalArgumentException(
          "invalid reference format: \"" + tag.get() + "\" is not a tag");
    }
  }

  /**
   * Parses a name; tag {@code latest} is added when there is neither a tag nor a digest.
   *
   * @throws IllegalArgumentException starting with {@code invalid reference format} when it is none
   */
  public static ImageReference parse(String text) {
    return parseAsWritten(text).withDefaultTag();
  }

  /** Parses a name and adds no tag. */
  public static ImageReference parseAsWritten(String text) {
    if (IMAGE_ID.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "invalid repository name (" + text + "), cannot specify 64-byte hexadecimal strings");
    }
    String name = text;
    Optional<Digest> digest = Optional.empty();
    int at = name.indexOf('@');
    if (at >= 0) {
      String digestText = name.substring(at + 1);
      if (!Digest.isDigest(digestText)) {
        throw new IllegalArgumentException(
            "invalid reference format: \"" + digestText + "\" is not a sha256 digest");
      }
      digest = Optional.of(new Digest(digestText));
      name = name.substring(0, at);
    }
    Optional<String> tag = Optional.empty();
    int colon = name.lastIndexOf(':');
    if (colon >= 0 && name.indexOf('/', colon) < 0) {
      tag = Optional.of(name.substring(colon + 1));
      name = name.substring(0, colon);
    }
    int slash = name.indexOf('/');
    String host = DOCKER_HUB;
    String repository = name;
    if (slash >= 0 && isHost(name.substring(0, slash))) {
      host = name.substring(0, slash);
      repository = name.substring(slash + 1);
    }
    if (host.equals("index.docker.io")) {
      host = DOCKER_HUB;
    }
    if (host.equals(DOCKER_HUB) && repository.indexOf('/') < 0) {
      repository = "library/" + repository;
    }
    return new ImageReference(host, repository, tag, digest);
  }

  private static boolean isHost(String first) {
    return first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || first.equals("localhost")
        || !first.equals(first.toLowerCase(Locale.ROOT));
  }

  public ImageReference withTag(String newTag) {
    return new ImageReference(host, repository, Optional.of(newTag), Optional.empty());
  }

  /** The same name pinned to the digest; the tag stays. */
  public ImageReference withDigest(Digest newDigest) {
    return new ImageReference(host, repository, tag, Optional.of(newDigest));
  }

  /** The same name with tag {@code latest}, unless it has a tag or a digest. */
  public ImageReference withDefaultTag() {
    return tag.isPresent() || digest.isPresent() ? this : withTag("latest");
  }

  /** The name without tag and digest. */
  public ImageReference withoutTagAndDigest() {
    return new ImageReference(host, repository, Optional.empty(), Optional.empty());
  }

  /** Host and repository: {@code docker.io/library/alpine}. */
  public String name() {
    return host + "/" + repository;
  }

  /** What a registry is asked for: the digest, else the tag, else {@code latest}. */
  public String object() {
    return digest.map(Digest::value).or(() -> tag).orElse("latest");
  }

  /** The short form that Docker shows: {@code alpine:latest}. */
  public String familiar() {
    String name = name();
    if (host.equals(DOCKER_HUB)) {
      name =
          repository.startsWith("library/") && repository.indexOf('/', "library/".length()) < 0
              ? repository.substring("library/".length())
              : repository;
    }
    return name + suffix();
  }

  private String suffix() {
    return tag.map(text -> ":" + text).orElse("") + digest.map(value -> "@" + value).orElse("");
  }

  /** The whole name: {@code docker.io/library/alpine:latest@sha256:…}. */
  @Override
  public String toString() {
    return name() + suffix();
  }
}
