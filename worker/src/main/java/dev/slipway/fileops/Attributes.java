package dev.slipway.fileops;

import dev.slipway.graph.FileAction.Change.Copy;
import dev.slipway.linux.Directory;
import dev.slipway.linux.Errno;
import dev.slipway.linux.ExtendedAttributes;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.Status;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** Owner, mode and time that a copy gives to what it makes. */
record Attributes(Copy copy, Optional<Owners.Ids> owner) {
  int uid(Status source) {
    return owner.isPresent() ? owner.get().uid() : source.uid();
  }

  int gid(Status source) {
    return owner.isPresent() ? owner.get().gid() : source.gid();
  }

  int mode(Status source) {
    if (copy.mode().isPresent()) {
      return copy.mode().getAsInt() & 07777;
    }
    if (!copy.symbolicMode().isEmpty()) {
      return SymbolicMode.apply(copy.symbolicMode(), source.permissions(), source.isDirectory());
    }
    return source.permissions();
  }

  long time(Status source) {
    return copy.timestamp() >= 0 ? copy.timestamp() : source.modified();
  }

  /** Whether the source's own owner, mode and time stay. */
  boolean keeps(Status source) {
    return uid(source) == source.uid()
        && gid(source) == source.gid()
        && mode(source) == source.permissions()
        && time(source) == source.modified();
  }

  /** Directories that a copy makes on the way. */
  RootPaths.NewDirectory onTheWay() {
    return new RootPaths.NewDirectory(
        copy.mode().orElse(0755) & 07777, owner.orElse(Owners.Ids.ROOT), copy.timestamp());
  }

  /** Sets owner, mode, extended attributes and, unless it is a directory, time of what was made. */
  void set(Directory from, String source, Status status, Directory parent, String name)
      throws IOException {
    parent.owner(name, uid(status), gid(status));
    if (!status.isSymlink()) {
      parent.mode(name, mode(status));
      extended(from.pathOf(source), parent.pathOf(name));
    }
    if (!status.isDirectory()) {
      parent.times(name, time(status));
    }
  }

  /** Copies extended attributes as far as the filesystem takes them. */
  static void extended(String from, String to) throws IOException {
    extended(ExtendedAttributes.all(from), to);
  }

  /** Sets extended attributes as far as the filesystem takes them. */
  static void extended(Map<String, byte[]> attributes, String to) throws IOException {
    for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
      if (attribute.getKey().startsWith("user.overlay.")
          || attribute.getKey().startsWith("trusted.")) {
        continue;
      }
      try {
        ExtendedAttributes.set(to, attribute.getKey(), attribute.getValue());
      } catch (LinuxException e) {
        if (e.errno() != Errno.EPERM
            && e.errno() != Errno.EOPNOTSUPP
            && e.errno() != Errno.EACCES) {
          throw e;
        }
      }
    }
  }
}
