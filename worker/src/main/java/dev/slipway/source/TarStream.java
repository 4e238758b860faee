package dev.slipway.source;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.http.SpeedFloor;
import dev.slipway.snapshot.RootAttributes;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A layer's tar, from whichever origin gives it. Where one breaks off, hangs or crawls the next
 * goes on at the same byte: the same layer makes the same tar everywhere. Whether it did is for the
 * reader to verify. Confined to the reading thread.
 */
final class TarStream extends InputStream {
  /** Of one origin, while another could be asked: above a long pause of its collector. */
  private static final Duration HURRIED = Duration.ofSeconds(4);

  /** Of the only one: its coordinators know before that it is gone, after nine seconds. */
  private static final Duration ALONE = Duration.ofSeconds(15);

  /** No byte for this long, whoever was asked: nobody gives it. */
  private static final Duration NO_PROGRESS = Duration.ofSeconds(15);

  /** How often all are asked for the same byte: a restarting peer is back at the third time. */
  private static final int MOST_ROUNDS = 3;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

  /** A link that breaks more often makes the senders read more than is worth it. */
  private static final int MOST_CONNECTIONS = 50;

  private final PeerClient http;
  private final Peers peers;
  private final String layerId;
  private final LongConsumer received;
  private final List<TarOrigin> left;
  private final Set<TarOrigin> tried = new HashSet<>(); // for the byte at hand, in this round
  private final Set<TarOrigin> givers = new LinkedHashSet<>();
  private final List<TarOrigin> absent = new ArrayList<>();
  private final Map<TarOrigin, String> failures = new LinkedHashMap<>();
  private final SpeedFloor floor;
  private int rounds;
  private int connections;
  private long position;
  private long connectedAt;
  private long lastProgress = System.nanoTime();
  private long fromWorkers;
  private long fromCoordinator;
  private Optional<RootAttributes> root = Optional.empty();
  private boolean ended;
  private boolean exhausted;
  private Peers.@Nullable Turn turn;
  private @Nullable InputStream body;

  /**
   * @param origins those to ask, at least one
   * @param received called with all bytes so far
   */
  TarStream(
      PeerClient http,
      Peers peers,
      String layerId,
      List<TarOrigin> origins,
      LongConsumer received) {
    this(http, peers, layerId, origins, received, new SpeedFloor());
  }

  TarStream(
      PeerClient http,
      Peers peers,
      String layerId,
      List<TarOrigin> origins,
      LongConsumer received,
      SpeedFloor floor) {
    this.http = http;
    this.peers = peers;
    this.layerId = layerId;
    this.left = new ArrayList<>(origins);
    this.received = received;
    this.floor = floor;
  }

  /** Waits for an origin that gives it; else that is left to the first read. */
  void open() throws IOException {
    if (body == null) {
      connect();
    }
  }

  /** The one that gave the end of it. */
  TarOrigin last() {
    return origin();
  }

  /** Those that gave a part of it, in order. */
  List<TarOrigin> givers() {
    return List.copyOf(givers);
  }

  /** What the layer says of the root directory, if its origins tell. */
  Optional<RootAttributes> root() {
    return root;
  }

  /** Those that said that they do not have it. */
  List<TarOrigin> absent() {
    return absent;
  }

  /** Whether it failed because nobody gives what is left of it. */
  boolean isExhausted() {
    return exhausted;
  }

  long fromWorkers() {
    return fromWorkers;
  }

  long fromCoordinator() {
    return fromCoordinator;
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
    while (!ended) {
      InputStream from = body;
      if (from == null) {
        connect();
        continue;
      }
      long before = System.nanoTime();
      try {
        int count = from.read(buffer, offset, length);
        long now = System.nanoTime();
        if (count < 0) {
          ended = true;
          break;
        }
        lastProgress = now;
        floor.read(count, now - before);
        count(count);
        position += count;
        received.accept(position);
        if (left.size() > 1 && floor.isBelow()) {
          breakOff("it gives less than " + SpeedFloor.BYTES_PER_SECOND + " bytes/s", true);
        }
        return count;
      } catch (IOException e) {
        stopIfInterrupted(e);
        breakOff("it broke off after " + position + " bytes: " + said(e), isSilence(e));
      }
    }
    return -1;
  }

  private void count(long bytes) {
    TarOrigin origin = origin();
    givers.add(origin);
    if (origin.worker()) {
      fromWorkers += bytes;
    } else {
      fromCoordinator += bytes;
    }
  }

  private TarOrigin origin() {
    Peers.Turn mine = turn;
    if (mine == null) {
      throw new IllegalStateException("nobody is being read from");
    }
    return mine.origin();
  }

  /** The origin at hand is left; others come first when it goes on. */
  private void breakOff(String why, boolean doubtful) {
    TarOrigin origin = origin();
    failures.put(origin, origin + ": " + why);
    if (doubtful) {
      peers.doubt(origin.host());
    }
    if (position > connectedAt) {
      tried.clear();
      rounds = 0;
    }
    tried.add(origin);
    release();
  }

  private void connect() throws IOException {
    try {
      while (body == null) {
        List<TarOrigin> next = left.stream().filter(origin -> !tried.contains(origin)).toList();
        if (next.isEmpty() || connections >= MOST_CONNECTIONS) {
          nextRound();
          continue;
        }
        List<TarOrigin> workers = next.stream().filter(TarOrigin::worker).toList();
        long before = System.nanoTime();
        Peers.Turn mine = peers.turn(workers.isEmpty() ? next : workers, layerId);
        turn = mine;
        lastProgress += System.nanoTime() - before; // waiting for a turn is nobody's silence
        connections++;
        ask(mine.origin());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException)
          new InterruptedIOException("fetch of " + layerId + " was interrupted").initCause(e);
    }
  }

  private void nextRound() throws IOException, InterruptedException {
    rounds++;
    if (left.isEmpty()
        || rounds >= MOST_ROUNDS
        || connections >= MOST_CONNECTIONS
        || System.nanoTime() - lastProgress > NO_PROGRESS.toNanos()) {
      exhausted = true;
      String message = String.join("; ", failures.values());
      throw new IOException(message, new SlipwayException(ErrorKind.UNAVAILABLE, message));
    }
    tried.clear();
    Thread.sleep(FIRST_PAUSE.multipliedBy(1L << rounds - 1));
  }

  private void ask(TarOrigin origin) throws IOException, InterruptedException {
    boolean connected = false;
    tried.add(origin);
    floor.reset();
    try {
      PeerClient.Answer answer = http.tar(origin, position, left.size() > 1 ? HURRIED : ALONE);
      body = answer.body();
      switch (answer.status()) {
        case 200 -> skip(answer.body());
        case 206 -> {
          if (!answer.range().startsWith("bytes " + position + "-")) {
            throw new IOException("it answered the range \"" + answer.range() + "\"");
          }
        }
        default -> {
          left.remove(origin);
          if (answer.status() == 404) {
            absent.add(origin);
          } else if (answer.status() >= 500) {
            left.add(origin); // at another time
          }
          throw new IOException("it answered " + answer.status());
        }
      }
      root = answer.root().or(() -> root);
      connectedAt = position;
      connected = true;
    } catch (IOException e) {
      stopIfInterrupted(e);
      failures.put(origin, origin + ": " + said(e));
      if (isSilence(e)) {
        peers.doubt(origin.host());
      }
    } finally {
      if (!connected) {
        release();
      }
    }
  }

  /** A server without ranges starts at the beginning. */
  private void skip(InputStream answer) throws IOException {
    answer.skipNBytes(position);
    if (position > 0) {
      count(position);
    }
  }

  /** Lets go of the connection and the turn; nothing more is read for now. */
  void release() {
    InputStream open = body;
    body = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        failures.putIfAbsent(origin(), origin() + ": " + said(e));
      }
    }
    Peers.Turn mine = turn;
    if (mine != null) {
      mine.close();
    }
  }

  private static void stopIfInterrupted(IOException e) throws IOException {
    if (Thread.currentThread().isInterrupted() || e.getCause() instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      throw e;
    }
  }

  private static boolean isSilence(IOException e) {
    return e instanceof HttpTimeoutException || e instanceof ConnectException;
  }

  private static String said(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  @Override
  public void close() {
    release();
  }
}
