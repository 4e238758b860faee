package dev.slipway.protocol;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.slipway.protocol.buildkit.ops.Op;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The part of an op that decides its result: inputs (they have keys of their own), worker
 * constraints and proxy variables are taken out, what is left is encoded deterministically. Used
 * for cache keys only; a vertex digest is always of the received bytes.
 */
public final class CanonicalOp {
  private CanonicalOp() {}

  /**
   * Returns the canonical bytes.
   *
   * @throws IllegalArgumentException if the bytes are no op; a decoded vertex never has such
   */
  public static byte[] of(byte[] op) {
    try {
      Op.Builder canonical = Op.parseFrom(op).toBuilder().clearInputs().clearConstraints();
      if (canonical.hasExec()) {
        canonical.getExecBuilder().getMetaBuilder().clearProxyEnv();
      }
      return deterministic(canonical.build());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("bytes are not an LLB op", e);
    }
  }

  private static byte[] deterministic(Op op) {
    byte[] bytes = new byte[op.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      op.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the array has exactly the op's size", e);
    }
    return bytes;
  }
}
