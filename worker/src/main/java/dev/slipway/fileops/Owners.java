package dev.slipway.fileops;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.FileAction;
import dev.slipway.linux.Directory;
import dev.slipway.linux.LinuxException;
import dev.slipway.linux.OpenFile;
import dev.slipway.snapshot.MountedRoot;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Resolves owners to numbers, names by the accounts of the root that the owner says. */
final class Owners {
  /** Longest account file that is read, in bytes; BuildKit reads no longer one either. */
  private static final int MOST_BYTES = 10 << 20;

  private final Roots roots;

  /** The roots of the vertex's inputs. */
  @FunctionalInterface
  interface Roots {
    MountedRoot get(int input) throws SlipwayException;
  }

  /** A user and a group. */
  record Ids(int uid, int gid) {
    static final Ids ROOT = new Ids(0, 0);
  }

  Owners(Roots roots) {
    this.roots = roots;
  }

  /**
   * Empty when no owner is given. A user without a group brings its own: of the account, or the
   * same number. A name that no account has is root, as it is for BuildKit.
   */
  Optional<Ids> resolve(Optional<FileAction.Owner> owner) throws SlipwayException, IOException {
    if (owner.isEmpty() || (owner.get().user().isEmpty() && owner.get().group().isEmpty())) {
      return Optional.empty();
    }
    Ids ids = Ids.ROOT;
    if (owner.get().user().isPresent()) {
      ids =
          switch (owner.get().user().get()) {
            case FileAction.Identity.ById(int id) -> new Ids(id, id);
            case FileAction.Identity.ByName(String name, int input) -> user(name, input);
          };
    }
    if (owner.get().group().isPresent()) {
      int gid =
          switch (owner.get().group().get()) {
            case FileAction.Identity.ById(int id) -> id;
            case FileAction.Identity.ByName(String name, int input) ->
                group(name, input, ids.gid());
          };
      ids = new Ids(ids.uid(), gid);
    }
    return Optional.of(ids);
  }

  private Ids user(String name, int input) throws SlipwayException, IOException {
    if (name.isEmpty()) {
      // An owner like `:100` names a group only.
      return Ids.ROOT;
    }
    String[] fields = line(name, input, "/etc/passwd", 4);
    return fields.length == 0
        ? Ids.ROOT
        : new Ids(Integer.parseInt(fields[2]), Integer.parseInt(fields[3]));
  }

  private int group(String name, int input, int otherwise) throws SlipwayException, IOException {
    String[] fields = line(name, input, "/etc/group", 3);
    return fields.length == 0 ? otherwise : Integer.parseInt(fields[2]);
  }

  private String[] line(String name, int input, String file, int numbers)
      throws SlipwayException, IOException {
    if (input < 0) {
      throw new SlipwayException(ErrorKind.INVALID, "invalid user index: " + input);
    }
    for (String line : read(roots.get(input), file).split("\n")) {
      String[] fields = line.strip().split(":", -1);
      if (fields.length >= numbers
          && fields[0].equals(name)
          && fields[2].matches("[0-9]{1,9}")
          && fields[numbers - 1].matches("[0-9]{1,9}")) {
        return fields;
      }
    }
    return new String[0];
  }

  private static String read(MountedRoot root, String path) throws SlipwayException, IOException {
    try (Directory directory = Directory.open(root.path());
        OpenFile file = directory.resolveFile(path);
        OpenFile.Buffer buffer = new OpenFile.Buffer(64 << 10)) {
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      byte[] part = new byte[buffer.size()];
      for (int n = file.read(buffer, part, 0, part.length);
          n > 0;
          n = file.read(buffer, part, 0, part.length)) {
        content.write(part, 0, n);
        if (content.size() > MOST_BYTES) {
          throw new SlipwayException(
              ErrorKind.INVALID, "\"" + path + "\" exceeds " + MOST_BYTES + " bytes");
        }
      }
      return content.toString(StandardCharsets.UTF_8);
    } catch (LinuxException _) {
      return "";
    }
  }
}
