package dev.slipway.session;

import dev.slipway.context.ContextStore;
import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.IncomingFile;
import dev.slipway.context.SharedKey;
import dev.slipway.context.Transfer;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import dev.slipway.protocol.buildkit.fsutil.Packet.PacketType;
import dev.slipway.protocol.buildkit.fsutil.Stat;
import dev.slipway.session.Session.LocalRequest;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Receives one directory by DiffCopy. Confined to the thread that calls it. Spec:
 * docs/protocol.md#diffcopy.
 */
final class DirectoryReceiver {
  /**
   * Files asked for and not complete: enough for a far client, and a bound on what waits in memory.
   */
  private static final int OUTSTANDING = 512;

  /** Bytes of one transfer; half of what the store may hold. */
  private static final long MAXIMUM_BYTES = 16L << 30;

  private static final long REPORT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final TunnelSession session;
  private final ContextStore store;
  private final LocalRequest request;
  private final LongConsumer received;
  private final Listing listing = new Listing();
  private final Deque<Wanted> wanted = new ArrayDeque<>();
  private final Map<Integer, Coming> open = new HashMap<>();
  private Optional<MetadataListing> metadata = Optional.empty();

  /** Entries that the client has listed; the number of one is its id. */
  private int told;

  private boolean listed;
  private boolean finished;
  private long bytes;
  private long reported;

  DirectoryReceiver(
      TunnelSession session, ContextStore store, LocalRequest request, LongConsumer received) {
    this.session = session;
    this.store = store;
    this.request = request;
    this.received = received;
  }

  /** A file by its id, and its index in the listing. */
  private record Wanted(int id, int index) {}

  private record Coming(int index, IncomingFile file) {}

  ContextTree receive(SharedKey key) throws SlipwayException, InterruptedException {
    String what = "transfer of the client's directory \"" + request.name() + "\"";
    received.accept(0);
    reported = System.nanoTime();
    try (Transfer transfer = store.begin(key);
        PacketStream stream = new PacketStream(session, LocalRequestHeaders.of(request), what)) {
      if (request.contentOnlyOf().isPresent()) {
        metadata = Optional.of(new MetadataListing(request.contentOnlyOf().get(), transfer.file()));
      }
      Optional<Packet> packet = stream.next();
      while (packet.isPresent() && packet.get().getType() != PacketType.PACKET_FIN) {
        count(packet.get());
        take(packet.get(), transfer);
        ask(stream, transfer);
        packet = stream.next();
      }
      if (packet.isEmpty() || !finished) {
        throw new SlipwayException(
            ErrorKind.UNAVAILABLE, what + " failed: the client ended it before it was complete");
      }
      stream.endSending();
      while (packet.isPresent()) {
        count(packet.get());
        packet = stream.next();
      }
      received.accept(bytes);
      return transfer.commit(listing.finish());
    } catch (IOException e) {
      throw new SlipwayException(ErrorKind.INTERNAL, what + " failed: " + e.getMessage(), e);
    }
  }

  private void take(Packet packet, Transfer transfer) throws SlipwayException, IOException {
    switch (packet.getType()) {
      case PACKET_STAT -> {
        if (listed) {
          throw violated("an entry after the end of the listing");
        }
        if (packet.hasStat()) {
          list(packet.getStat(), transfer);
        } else {
          listed = true;
          endListing();
        }
      }
      case PACKET_DATA -> data(packet);
      case PACKET_ERR ->
          throw new SlipwayException(
              ErrorKind.INVALID, "error from sender: " + packet.getData().toStringUtf8());
      case PACKET_REQ, PACKET_FIN, UNRECOGNIZED ->
          throw violated("a packet of type " + packet.getTypeValue());
    }
  }

  private void list(Stat stat, Transfer transfer) throws SlipwayException, IOException {
    int id = told++;
    if (metadata.isEmpty()) {
      list(id, listing.add(stat), transfer);
      return;
    }
    for (Stat taken : metadata.get().add(stat)) {
      int index = listing.add(taken);
      if (taken == stat) {
        list(id, index, transfer);
      }
    }
  }

  private void list(int id, int index, Transfer transfer) throws IOException {
    if (!listing.hasContent(index)) {
      return;
    }
    Entry entry = listing.entry(index);
    if (entry.size() == 0) {
      listing.content(index, transfer.file().finish(), 0);
      return;
    }
    if (request.compareMetadata()) {
      for (Entry old : transfer.previous(entry.path())) {
        if (unchanged(old, entry)) {
          listing.content(index, old.content().orElseThrow(), old.size());
          return;
        }
      }
    }
    wanted.addLast(new Wanted(id, index));
  }

  /** What is written down of all entries is complete. */
  private void endListing() throws SlipwayException, IOException {
    if (metadata.isEmpty()) {
      return;
    }
    for (Stat file : metadata.get().end()) {
      listing.add(file);
    }
    metadata.get().finish(listing);
  }

  private static boolean unchanged(Entry old, Entry now) {
    return old.content().isPresent()
        && old.mode() == now.mode()
        && old.uid() == now.uid()
        && old.gid() == now.gid()
        && old.size() == now.size()
        && old.modificationTime() == now.modificationTime()
        && old.linkName().equals(now.linkName());
  }

  private void data(Packet packet) throws SlipwayException, IOException {
    Coming coming = open.get(packet.getID());
    if (coming == null) {
      throw violated(
          "data of file " + Integer.toUnsignedString(packet.getID()) + ", which was not asked for");
    }
    IncomingFile file = coming.file();
    if (!packet.getData().isEmpty()) {
      file.write(packet.getData().asReadOnlyByteBuffer());
      return;
    }
    Digest digest = file.finish();
    listing.content(coming.index(), digest, file.length());
    open.remove(packet.getID());
  }

  /** Asks for files, and for the end once there is nothing left to ask for. */
  private void ask(PacketStream stream, Transfer transfer) {
    while (!wanted.isEmpty() && open.size() < OUTSTANDING) {
      Wanted next = wanted.removeFirst();
      open.put(next.id(), new Coming(next.index(), transfer.file()));
      stream.send(Packet.newBuilder().setType(PacketType.PACKET_REQ).setID(next.id()).build());
    }
    if (listed && wanted.isEmpty() && open.isEmpty() && !finished) {
      finished = true;
      stream.send(Packet.newBuilder().setType(PacketType.PACKET_FIN).build());
    }
  }

  private void count(Packet packet) throws SlipwayException {
    bytes += packet.getSerializedSize();
    if (bytes > MAXIMUM_BYTES) {
      throw new SlipwayException(
          ErrorKind.EXHAUSTED,
          "directory \"" + request.name() + "\" is larger than " + MAXIMUM_BYTES + " bytes");
    }
    long now = System.nanoTime();
    if (now - reported > REPORT_NANOS) {
      reported = now;
      received.accept(bytes);
    }
  }

  private SlipwayException violated(String what) {
    return new SlipwayException(
        ErrorKind.INVALID,
        "client broke the transfer protocol of directory \"" + request.name() + "\": " + what);
  }
}
