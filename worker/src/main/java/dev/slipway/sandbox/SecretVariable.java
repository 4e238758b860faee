package dev.slipway.sandbox;

import com.google.protobuf.ByteString;

/**
 * A variable of a process's environment whose value nobody else sees: it is in the container's
 * configuration on tmpfs while the process runs, and printing shows the name.
 */
public final class SecretVariable {
  private final String name;
  private final ByteString value;

  public SecretVariable(String name, ByteString value) {
    this.name = name;
    this.value = value;
  }

  String entry() {
    return name + "=" + value.toStringUtf8();
  }

  @Override
  public String toString() {
    return name + "=(secret)";
  }
}
