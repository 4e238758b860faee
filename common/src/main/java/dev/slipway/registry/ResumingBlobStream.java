package dev.slipway.registry;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.SpeedFloor;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * A blob that goes on where a connection broke, by Range, and verifies itself. Confined to the
 * reading thread.
 */
final class ResumingBlobStream extends InputStream {
  private final RegistryTransport transport;
  private final Digest digest;
  private final long size;
  private final List<Place> places;
  private final LongConsumer received;
  private final Retries.Pace pace;
  private final SpeedFloor floor = new SpeedFloor();
  private final long[] taken; // bytes, by place
  private final MessageDigest hash = Digest.sha256();
  private int source;
  private long position;
  private boolean verified;
  private InputStream body;

  private ResumingBlobStream(
      RegistryTransport transport, RetryPolicy policy, Wanted blob, LongConsumer received) {
    this.transport = transport;
    this.digest = blob.digest();
    this.size = blob.size();
    this.places = blob.places();
    this.received = received;
    this.pace = new Retries(policy).pace();
    this.taken = new long[blob.places().size()];
  }

  static ResumingBlobStream open(
      RegistryTransport transport, RetryPolicy policy, Wanted blob, LongConsumer received)
      throws SlipwayException, InterruptedException {
    ResumingBlobStream stream = new ResumingBlobStream(transport, policy, blob, received);
    stream.body = stream.connect();
    return stream;
  }

  private InputStream connect() throws SlipwayException, InterruptedException {
    while (true) {
      try {
        return request(places.get(source));
      } catch (SlipwayException e) {
        if (source + 1 < places.size()) {
          source++;
        } else if (e.kind().mayRetry()) {
          pace.afterFailure(e);
          source = 0;
        } else {
          throw e;
        }
      }
    }
  }

  private InputStream request(Place from) throws SlipwayException, InterruptedException {
    String what = what(from);
    try {
      HttpResponse<InputStream> response =
          transport.send(
              to -> {
                HttpRequest.Builder request = HttpRequest.newBuilder(to.orElse(from.url())).GET();
                return position == 0
                    ? request
                    : request.setHeader("Range", "bytes=" + position + "-");
              },
              from.peer(),
              RegistryTransport.NOTHING_MOVES);
      return switch (response.statusCode()) {
        case 200 -> {
          skip(response.body());
          yield response.body();
        }
        case 206 -> {
          checkRange(response);
          yield response.body();
        }
        default -> throw RegistryException.of(what, response);
      };
    } catch (IOException e) {
      throw Retries.explain(what, from.host(), e);
    }
  }

  /** A registry without ranges starts again at the beginning. */
  private void skip(InputStream answer) throws IOException {
    try {
      answer.skipNBytes(position);
      taken[source] += position;
    } catch (IOException e) {
      answer.close();
      throw e;
    }
  }

  private void checkRange(HttpResponse<InputStream> response) throws IOException {
    String range = response.headers().firstValue("content-range").orElse("");
    if (!range.startsWith("bytes " + position + "-")) {
      response.body().close();
      throw new IOException(
          "registry answered another range than the one asked for: \"" + range + "\"");
    }
  }

  private String what(Place from) {
    return "download of blob " + digest + " from " + from;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (true) {
      try {
        long before = System.nanoTime();
        int count = body.read(buffer, offset, length);
        floor.read(count, System.nanoTime() - before);
        if (count < 0 && (size < 0 || position >= size)) {
          verify();
          return -1;
        }
        if (count < 0) {
          throw new IOException("it ended after " + position + " of " + size + " bytes");
        }
        accept(buffer, offset, count);
        if (hurried() && floor.isBelow()) {
          reconnect(
              new IOException("it gives less than " + SpeedFloor.BYTES_PER_SECOND + " bytes/s"));
        }
        return count;
      } catch (Corrupt e) {
        throw e;
      } catch (IOException e) {
        reconnect(e);
      }
    }
  }

  private void accept(byte[] buffer, int offset, int count) throws Corrupt {
    hash.update(buffer, offset, count);
    position += count;
    taken[source] += count;
    if (size >= 0 && position > size) {
      throw new Corrupt(
          what(places.get(source)) + " failed: it is longer than its " + size + " bytes");
    }
    pace.progressed();
    received.accept(position);
  }

  /** Whether nobody waits for the place at hand, as there is another. */
  private boolean hurried() {
    return places.get(source).hurried() && source + 1 < places.size();
  }

  /** Bytes that came from each place so far, those that were thrown away as well. */
  long[] taken() {
    return taken.clone();
  }

  private void verify() throws Corrupt {
    if (verified) {
      return;
    }
    Digest actual = Digest.ofHash(hash.digest());
    if (!actual.equals(digest)) {
      throw new Corrupt(
          what(places.get(source)) + " failed: the bytes received have digest " + actual);
    }
    verified = true;
  }

  private void reconnect(IOException broken) throws IOException {
    try {
      body.close();
    } catch (IOException e) {
      broken.addSuppressed(e);
    }
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      Place from = places.get(source);
      floor.reset();
      if (hurried()) {
        source++;
      } else {
        pace.afterFailure(Retries.explain(what(from), from.host(), broken));
      }
      body = connect();
    } catch (SlipwayException e) {
      throw new IOException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("download of " + digest + " was interrupted");
    }
  }

  @Override
  public void close() throws IOException {
    body.close();
  }

  /**
   * @param size negative = unknown
   */
  record Wanted(Digest digest, long size, List<Place> places) {}

  /**
   * Where the blob may be.
   *
   * @param hurried whether the next place is better than to wait for this one
   */
  record Place(URI url, RegistryTransport.Peer peer, boolean hurried) {
    Place(URI url, RegistryTransport.Peer peer) {
      this(url, peer, false);
    }

    String host() {
      return url.getAuthority();
    }

    @Override
    public String toString() {
      return RegistryException.redact(url);
    }
  }

  /** Wrong bytes: reading on is pointless. */
  static final class Corrupt extends IOException {
    private static final long serialVersionUID = 1L;

    Corrupt(String message) {
      super(message, new SlipwayException(ErrorKind.UNAVAILABLE, message));
    }
  }
}
