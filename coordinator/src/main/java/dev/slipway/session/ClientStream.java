package dev.slipway.session;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * The messages of a call to a client as one stream of bytes; the client waits while nobody reads.
 * Reads fail with an {@link IOException} whose cause says what the client answered. Closing ends
 * the call. Owner: the reading thread.
 *
 * @param <T> the messages
 */
final class ClientStream<T> extends InputStream {
  /** A client that gives nothing for so long is given up; health checks find the dead ones. */
  private static final Duration SILENCE = Duration.ofMinutes(1);

  private final Session session;
  private final String what;
  private final BlockingClientCall<?, T> call;
  private final Function<T, ByteString> data;
  private ByteString current = ByteString.EMPTY;
  private int position;
  private boolean ended;

  /**
   * @param what what is done, for errors
   * @param data the bytes of a message
   */
  ClientStream(
      Session session, String what, BlockingClientCall<?, T> call, Function<T, ByteString> data) {
    this.session = session;
    this.what = what;
    this.call = call;
    this.data = data;
  }

  @Override
  public int read() throws IOException {
    return fill() ? current.byteAt(position++) & 0xff : -1;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, current.size() - position);
    current.copyTo(buffer, position, offset, count);
    position += count;
    return count;
  }

  private boolean fill() throws IOException {
    while (position == current.size()) {
      if (ended) {
        return false;
      }
      try {
        T message = call.read(SILENCE.toSeconds(), TimeUnit.SECONDS);
        if (message == null) {
          ended = true;
          return false;
        }
        current = data.apply(message);
        position = 0;
      } catch (StatusException e) {
        ended = true;
        SlipwayException failure =
            ClientErrors.of(session, e.getStatus().withCause(e), what, ErrorKind.INVALID);
        throw new IOException(failure.getMessage(), failure);
      } catch (TimeoutException e) {
        throw new IOException(what + " failed: nothing from the client for " + SILENCE, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException(what + " was interrupted").initCause(e);
      }
    }
    return true;
  }

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      call.cancel("no more of it is needed", null);
    }
  }
}
