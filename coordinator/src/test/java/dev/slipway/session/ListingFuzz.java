package dev.slipway.session;

import dev.slipway.context.ContextStore;
import dev.slipway.context.ContextTree;
import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.ContextTree.PathSelector;
import dev.slipway.context.SharedKey;
import dev.slipway.context.Transfer;
import dev.slipway.context.TreeOrder;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.buildkit.fsutil.Packet;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * What a client says of its directory: packets, each after its length. What is taken of it is clean
 * and in order, and can be stored and selected from.
 */
public final class ListingFuzz {
  private static final ContextStore STORE = store();

  private ListingFuzz() {}

  private static ContextStore store() {
    try {
      return new ContextStore(Files.createTempDirectory("listing-fuzz"), InstantSource.system());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    try (Transfer transfer = STORE.begin(new SharedKey("context", "", "fuzz"))) {
      Listing listing = new Listing();
      MetadataListing metadata = new MetadataListing(List.of("**/a*"), transfer.file());
      ByteArrayInputStream in = new ByteArrayInputStream(data);
      for (Packet packet = next(in); packet != null; packet = next(in)) {
        if (!packet.hasStat()) {
          continue;
        }
        int index = listing.add(packet.getStat());
        if (listing.hasContent(index)) {
          listing.content(index, transfer.file().finish(), 0);
        }
        metadata.add(packet.getStat());
      }
      List<Entry> entries = listing.finish();
      check(entries);
      ContextTree tree = transfer.commit(entries);
      tree.select(List.of(new PathSelector("/a*", true, true, List.of(), List.of("*b"))))
          .layerDigest();
    } catch (SlipwayException _) {
      return; // told in words
    }
  }

  private static void check(List<Entry> entries) {
    Optional<String> last = Optional.empty();
    for (Entry entry : entries) {
      String path = entry.path();
      boolean clean =
          !path.isEmpty() && !path.startsWith("/") && !List.of(path.split("/")).contains("..");
      if (!clean || last.isPresent() && TreeOrder.INSTANCE.compare(last.get(), path) >= 0) {
        throw new AssertionError("taken, and not clean or not in order: " + path);
      }
      last = Optional.of(path);
    }
  }

  private static Packet next(ByteArrayInputStream in) {
    try {
      return Packet.parseDelimitedFrom(in);
    } catch (IOException _) {
      return null; // gRPC would have ended the call
    }
  }
}
