package dev.slipway.execute;

import com.google.protobuf.ByteString;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.Mount;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files and sockets of one process that come from its client: below a directory on tmpfs, there
 * from before the process starts until it has ended. Owned by the step's thread.
 */
final class ClientFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientFiles.class);
  private static final int PERMISSIONS = 0777;

  private final Path scratch;
  private final List<Path> directories = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final List<AgentSocket> sockets = new ArrayList<>();

  /**
   * @param scratch on tmpfs, private to the worker
   */
  ClientFiles(Path scratch) {
    this.scratch = scratch;
  }

  /** A file with the secret's value, for the mount. */
  Path secret(ByteString value, Mount.Kind.Secret kind) throws SlipwayException {
    try {
      Path file = fresh();
      try (FileChannel out =
          FileChannel.open(
              file,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
        ByteBuffer buffer = value.asReadOnlyByteBuffer();
        while (buffer.hasRemaining()) {
          var _ = out.write(buffer);
        }
      }
      own(file, kind.uid(), kind.gid(), kind.mode());
      return file;
    } catch (IOException e) {
      throw failed("secret " + kind.id(), e);
    }
  }

  /** A socket for the mount, each connection of which goes to the client's agent. */
  Path socket(Mount.Kind.Ssh kind, AgentSocket.Connector connector) throws SlipwayException {
    try {
      Path path = fresh();
      sockets.add(AgentSocket.listen(path, connector));
      own(path, kind.uid(), kind.gid(), kind.mode());
      return path;
    } catch (IOException e) {
      throw failed("ssh socket " + kind.id(), e);
    }
  }

  /** The names are short, for those of sockets are. */
  private Path fresh() throws IOException {
    if (directories.isEmpty()) {
      directories.add(Files.createTempDirectory(scratch, ""));
    }
    Path file = directories.getFirst().resolve(Integer.toString(files.size()));
    files.add(file);
    return file;
  }

  private static void own(Path file, int uid, int gid, int mode) throws IOException {
    Files.setAttribute(file, "unix:uid", uid);
    Files.setAttribute(file, "unix:gid", gid);
    Files.setAttribute(file, "unix:mode", mode & PERMISSIONS);
  }

  private static SlipwayException failed(String what, IOException e) {
    return new SlipwayException(
        ErrorKind.UNAVAILABLE, "making the file of " + what + " failed: " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      for (AgentSocket socket : sockets) {
        socket.close();
      }
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      for (Path directory : directories) {
        Files.deleteIfExists(directory);
      }
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("files of a step's client could not be removed");
    }
  }
}
