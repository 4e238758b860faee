package dev.slipway.fetch.http;

import dev.slipway.context.ContextTree;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.fetch.FetchedTrees;
import dev.slipway.fetch.FetchedTrees.Slot;
import dev.slipway.fetch.FetchedTrees.Stored;
import dev.slipway.fetch.OncePerBuild;
import dev.slipway.fetch.PgpSignatures;
import dev.slipway.fetch.Reach;
import dev.slipway.fetch.RemoteSource;
import dev.slipway.fetch.Requester;
import dev.slipway.fetch.SourceFacts;
import dev.slipway.fetch.http.HttpExchanges.Answer;
import dev.slipway.fetch.http.SeenFiles.Seen;
import dev.slipway.graph.Op;
import dev.slipway.session.ClientUploads;
import dev.slipway.session.SecretValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Sources {@code http://} and {@code https://}: one file. What was fetched before is asked for with
 * its ETag, by HEAD first, since some servers give ETags and do not understand them in a GET.
 */
public final class HttpSource implements RemoteSource, AutoCloseable {
  private static final Set<String> SCHEMES = Set.of("http", "https");
  private static final String HOST_HEADER_SECRET = "HTTP_AUTH_HEADER_";
  private static final String HOST_TOKEN_SECRET = "HTTP_AUTH_TOKEN_";
  private static final int NOT_MODIFIED = 304;

  /** The three forms of RFC 9110, HTTP-date; two are obsolete and still sent. */
  private static final List<DateTimeFormatter> DATES =
      List.of(
          DateTimeFormatter.RFC_1123_DATE_TIME,
          DateTimeFormatter.ofPattern("EEEE, dd-MMM-yy HH:mm:ss z", Locale.US),
          DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.US)
              .withZone(ZoneOffset.UTC));

  private static final long NANOS = 1_000_000_000L;

  private final HttpExchanges exchanges;
  private final FetchedTrees trees;
  private final SeenFiles seen = new SeenFiles();
  private final OncePerBuild<Seen> fetched = new OncePerBuild<>();

  public HttpSource(FetchedTrees trees, Reach reach) {
    this.trees = trees;
    this.exchanges = new HttpExchanges(reach);
  }

  @Override
  public Set<String> schemes() {
    return SCHEMES;
  }

  @Override
  public String identifier(Op.Source source) {
    return source.identifier();
  }

  @Override
  public ContextTree tree(Op.Source source, Requester requester)
      throws SlipwayException, InterruptedException {
    return file(HttpIdentifier.of(source), requester).tree();
  }

  @Override
  public SourceFacts facts(Op.Source source, SourceFacts.Wanted wanted, Requester requester)
      throws SlipwayException, InterruptedException {
    HttpIdentifier id = HttpIdentifier.of(source);
    if (id.checksum().isPresent() && wanted.checksum().isEmpty() && id.signature().isEmpty()) {
      return new SourceFacts.Http(
          id.checksum().get(),
          FileNames.of(id, Optional.empty()),
          Optional.empty(),
          Optional.empty());
    }
    Seen file = file(id, requester);
    return new SourceFacts.Http(
        file.digest(),
        file.filename(),
        file.lastModified(),
        wanted.checksum().isEmpty()
            ? Optional.empty()
            : Optional.of(suffixed(file, wanted.checksum().get())));
  }

  private Seen file(HttpIdentifier id, Requester requester)
      throws SlipwayException, InterruptedException {
    String key = id.key(requester.scope());
    Optional<Seen> pinned =
        id.checksum()
            .flatMap(wanted ->
                seen.of(key).stream().filter(file -> file.digest().equals(wanted)).findFirst())
            .filter(file -> FetchedTrees.reuse(file.tree(), requester));
    Seen file =
        pinned.isPresent()
            ? pinned.get()
            : fetched.get(requester.buildId(), key, () -> fetch(id, key, requester));
    if (id.checksum().isPresent() && !id.checksum().get().equals(file.digest())) {
      throw new SlipwayException(
          ErrorKind.INVALID, "digest mismatch " + file.digest() + ": " + id.checksum().get());
    }
    if (id.signature().isPresent()) {
      PgpSignatures.verify(
          out -> file.tree().copyFile(file.filename(), out),
          id.signature().get().keys(),
          id.signature().get().signature());
    }
    return file;
  }

  private Seen fetch(HttpIdentifier id, String key, Requester requester)
      throws SlipwayException, InterruptedException {
    Slot slot = new Slot("http", key, requester);
    URI url = URI.create(id.url().replaceFirst("[?# ].*$", ""));
    if (ClientUploads.HOST.equals(url.getHost())) {
      return upload(id, slot, url);
    }
    Map<String, String> headers = new LinkedHashMap<>(id.headers());
    authorization(id, String.valueOf(url.getHost()), requester)
        .ifPresent(value -> headers.put("Authorization", value));
    List<Seen> known =
        seen.of(key).stream()
            .filter(file -> !file.etag().isEmpty())
            .filter(file -> FetchedTrees.reuse(file.tree(), requester))
            .toList();
    if (!known.isEmpty()) {
      headers.put("If-None-Match", String.join(", ", known.stream().map(Seen::etag).toList()));
      try (Answer answer = exchanges.send("HEAD", id.url(), headers)) {
        boolean good = answer.status() == 200 || answer.status() == NOT_MODIFIED;
        Optional<Seen> same = good ? named(known, answer) : Optional.empty();
        if (same.isPresent()) {
          return same.get().named(FileNames.of(id, answer.header("Content-Disposition")));
        }
      } catch (IOException e) {
        throw broken(id, e);
      }
    }
    try (Answer answer = exchanges.send("GET", id.url(), headers)) {
      if (answer.status() == NOT_MODIFIED) {
        return named(known, answer)
            .map(same -> same.named(FileNames.of(id, answer.header("Content-Disposition"))))
            .orElseThrow(() ->
                new SlipwayException(
                    ErrorKind.INVALID,
                    "invalid not-modified ETag: " + answer.header("ETag").orElse("")));
      }
      if (answer.status() < 200 || answer.status() >= 400) {
        throw new SlipwayException(
            kind(answer.status()), "invalid response status " + answer.status());
      }
      return store(id, slot, answer);
    } catch (IOException e) {
      throw broken(id, e);
    }
  }

  /** The file that the answer means; one that was asked for alone need not be named. */
  private static Optional<Seen> named(List<Seen> known, Answer answer) {
    String etag = answer.header("ETag").map(HttpSource::strong).orElse("");
    if (etag.isEmpty() && known.size() == 1 && answer.status() == NOT_MODIFIED) {
      return Optional.of(known.getFirst());
    }
    return known.stream().filter(file -> file.etag().equals(etag)).findFirst();
  }

  private Seen store(HttpIdentifier id, Slot slot, Answer answer)
      throws SlipwayException, IOException {
    String name = FileNames.of(id, answer.header("Content-Disposition"));
    Optional<Instant> modified = answer.header("Last-Modified").flatMap(HttpSource::time);
    Stored stored =
        trees.file(
            slot,
            name,
            id.file(),
            modified.map(time -> time.getEpochSecond() * NANOS).orElse(0L),
            answer.body());
    Seen file =
        new Seen(
            stored.tree(),
            stored.digest(),
            name,
            modified,
            answer.header("ETag").map(HttpSource::strong).orElse(""));
    seen.add(slot.key(), file);
    return file;
  }

  private Seen upload(HttpIdentifier id, Slot slot, URI url)
      throws SlipwayException, InterruptedException {
    String name = FileNames.of(id, Optional.empty());
    try (InputStream in =
        ClientUploads.open(slot.requester().session("", "receiving " + url), url)) {
      Stored stored = trees.file(slot, name, id.file(), 0, in);
      return new Seen(stored.tree(), stored.digest(), name, Optional.empty(), "");
    } catch (IOException e) {
      throw broken(id, e);
    }
  }

  /** The header's value: a secret of the client's choice, else those that are named by the host. */
  private static Optional<String> authorization(HttpIdentifier id, String host, Requester requester)
      throws SlipwayException, InterruptedException {
    if (!id.authSecret().isEmpty()) {
      return Optional.of(
          requester
              .secret(id.authSecret())
              .map(HttpSource::text)
              .orElseThrow(() ->
                  new SlipwayException(
                      ErrorKind.NOT_FOUND,
                      "failed to retrieve HTTP auth secret "
                          + id.authSecret()
                          + ": secret "
                          + id.authSecret()
                          + ": not found")));
    }
    Optional<SecretValue> token = requester.secret(HOST_TOKEN_SECRET + host);
    if (token.isPresent()) {
      return token.map(value -> "Bearer " + text(value));
    }
    return requester.secret(HOST_HEADER_SECRET + host).map(HttpSource::text);
  }

  private static String text(SecretValue secret) {
    return secret.bytes().toStringUtf8().strip();
  }

  private static SourceFacts.SuffixedChecksum suffixed(
      Seen file, SourceFacts.ChecksumRequest request) throws SlipwayException {
    try {
      MessageDigest hash = MessageDigest.getInstance(request.algorithm());
      file.tree()
          .copyFile(file.filename(), new DigestOutputStream(OutputStream.nullOutputStream(), hash));
      hash.update(request.suffix());
      return new SourceFacts.SuffixedChecksum(
          request.algorithm().replace("-", "").toLowerCase(Locale.ROOT)
              + ":"
              + HexFormat.of().formatHex(hash.digest()),
          request.suffix());
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INTERNAL, "reading what was fetched failed: " + e.getMessage(), e);
    } catch (NoSuchAlgorithmException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "unsupported checksum algorithm " + request.algorithm(), e);
    }
  }

  /** What a server refuses now may be there later; what it does not have or gives is the user's. */
  private static ErrorKind kind(int status) {
    return status >= 500
        ? ErrorKind.UNAVAILABLE
        : status == 404 ? ErrorKind.NOT_FOUND : ErrorKind.INVALID;
  }

  private static SlipwayException broken(HttpIdentifier id, IOException e) {
    return e.getCause() instanceof SlipwayException known
        ? known
        : new SlipwayException(
            ErrorKind.UNAVAILABLE, "reading " + id.url() + " failed: " + e.getMessage(), e);
  }

  private static String strong(String etag) {
    return etag.startsWith("W/") ? etag.substring(2) : etag;
  }

  /** A server without a date that can be read is as good as one without any. */
  private static Optional<Instant> time(String header) {
    for (DateTimeFormatter format : DATES) {
      try {
        return Optional.of(Instant.from(format.parse(header.strip())));
      } catch (DateTimeException e) {
        continue; // another of the three, then
      }
    }
    return Optional.empty();
  }

  @Override
  public void forget(String buildId) {
    fetched.forget(buildId);
  }

  @Override
  public void close() {
    exchanges.close();
  }
}
