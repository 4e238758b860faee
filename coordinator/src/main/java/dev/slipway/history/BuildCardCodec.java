package dev.slipway.history;

import dev.slipway.cluster.Codec;
import dev.slipway.progress.BuildSummary.State;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;

/** Cards as the map holds them: the fields in order, as {@link DataOutputStream} writes them. */
final class BuildCardCodec implements Codec<BuildCard> {
  private static final long RUNS = -1;

  @Override
  public byte[] encode(BuildCard card) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      out.writeUTF(card.id());
      out.writeUTF(card.name());
      out.writeUTF(card.tenant());
      out.writeUTF(card.state().name());
      out.writeLong(card.startedAt().toEpochMilli());
      out.writeLong(card.completedAt().map(Instant::toEpochMilli).orElse(RUNS));
      out.writeUTF(card.error());
      out.writeInt(card.steps());
      out.writeInt(card.cached());
      out.writeUTF(card.coordinator());
      out.writeUTF(card.address());
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written", e);
    }
    return bytes.toByteArray();
  }

  @Override
  public BuildCard decode(byte[] bytes) {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    try {
      return new BuildCard(
          in.readUTF(),
          in.readUTF(),
          in.readUTF(),
          State.valueOf(in.readUTF()),
          Instant.ofEpochMilli(in.readLong()),
          completed(in.readLong()),
          in.readUTF(),
          in.readInt(),
          in.readInt(),
          in.readUTF(),
          in.readUTF());
    } catch (IOException e) {
      throw new UncheckedIOException("the card of a build is cut", e);
    }
  }

  private static Optional<Instant> completed(long millis) {
    return millis == RUNS ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
  }
}
