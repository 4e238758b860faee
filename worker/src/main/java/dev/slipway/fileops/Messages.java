package dev.slipway.fileops;

import dev.slipway.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;

/** Texts of errors as a client sees them: paths as the build knows them, not as the worker does. */
final class Messages {
  private Messages() {}

  static String of(IOException e, Path root) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    if (e instanceof LinuxException linux) {
      message =
          message.substring(0, message.indexOf(' ')).replaceAll("(at2?|x)$", "")
              + " "
              + linux.path()
              + message.substring(message.lastIndexOf(": "));
    }
    return message
        .replace(root.toString(), "")
        .replaceAll("/[^ ]*/(mounts|incoming)/[0-9]+(/diff)?(?=/|:)", "");
  }
}
