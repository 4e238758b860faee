package dev.slipway.cluster;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A member's hold on something of which there may be one in the cluster. It ends with the member;
 * no clock is involved.
 *
 * @param owner id of the member
 * @param buildId on whose behalf; for people who look
 * @param serial of the owner's claim, so that a lease is told from a later one of the same owner
 */
public record Lease(String owner, String buildId, long serial) {
  static final Codec<Lease> CODEC =
      new Codec<>() {
        @Override
        public byte[] encode(Lease lease) {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeUTF(lease.owner());
            out.writeUTF(lease.buildId());
            out.writeLong(lease.serial());
          } catch (IOException e) {
            throw new UncheckedIOException("a lease could not be encoded", e);
          }
          return bytes.toByteArray();
        }

        @Override
        public Lease decode(byte[] bytes) {
          try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return new Lease(in.readUTF(), in.readUTF(), in.readLong());
          } catch (IOException e) {
            throw new UncheckedIOException("a lease could not be decoded", e);
          }
        }
      };
}
