package dev.slipway.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.linux.Processes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveTarTest {
  @TempDir Path from;
  @TempDir Path to;

  @BeforeEach
  void needRoot() throws Exception {
    Assumptions.assumeTrue(Processes.uid() == 0, "a worker is root of its namespace");
  }

  @Test
  void carriesADirectoryOver() throws Exception {
    Files.createDirectories(from.resolve("a/b"));
    Files.writeString(from.resolve("a/b/file"), "content");
    Files.createLink(from.resolve("a/link"), from.resolve("a/b/file"));
    Files.createSymbolicLink(from.resolve("out"), Path.of("/etc/passwd"));
    Files.createSymbolicLink(from.resolve("up"), Path.of("../../../.."));
    Files.writeString(from.resolve(".wh.file"), "not a marker");
    Files.setAttribute(from.resolve("a/b/file"), "unix:uid", 7);
    Files.setPosixFilePermissions(from, PosixFilePermissions.fromString("rwx-wx--x"));
    Files.setLastModifiedTime(from.resolve("a"), FileTime.fromMillis(1234));

    carry();

    assertThat(to.resolve("a/b/file")).hasContent("content");
    assertThat(Files.getAttribute(to.resolve("a/b/file"), "unix:uid")).isEqualTo(7);
    assertThat(Files.isSameFile(to.resolve("a/link"), to.resolve("a/b/file"))).isTrue();
    assertThat(Files.readSymbolicLink(to.resolve("out"))).isEqualTo(Path.of("/etc/passwd"));
    assertThat(Files.readSymbolicLink(to.resolve("up"))).isEqualTo(Path.of("../../../.."));
    assertThat(to.resolve(".wh.file")).hasContent("not a marker");
    assertThat(to.resolve("file")).doesNotExist();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(to)))
        .isEqualTo("rwx-wx--x");
    assertThat(Files.getLastModifiedTime(to.resolve("a")).toMillis()).isEqualTo(1234);
  }

  @Test
  void goesOnWhenFilesChangeUnderIt() throws Exception {
    Files.writeString(from.resolve("1"), "x".repeat(3 << 20));
    Files.writeString(from.resolve("2"), "gone");
    Files.createDirectory(from.resolve("3"));
    Files.writeString(from.resolve("4"), "last");
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    OutputStream meddling =
        new OutputStream() {
          private boolean done;

          @Override
          public void write(int value) {
            tar.write(value);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            tar.write(bytes, offset, length);
            if (!done && tar.size() > 1 << 20) {
              done = true;
              Files.writeString(from.resolve("1"), "short");
              Files.delete(from.resolve("2"));
              Files.delete(from.resolve("3"));
              Files.createSymbolicLink(from.resolve("3"), Path.of("/"));
            }
          }
        };

    new LiveTarWriter().write(from, meddling);
    new LayerApplier().unpack(new ByteArrayInputStream(tar.toByteArray()), "test", to);

    assertThat(Files.size(to.resolve("1"))).isEqualTo(3 << 20);
    assertThat(to.resolve("2")).doesNotExist();
    assertThat(Files.isDirectory(to.resolve("3"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    assertThat(to.resolve("4")).hasContent("last");
  }

  private void carry() throws Exception {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    new LiveTarWriter().write(from, tar);
    new LayerApplier().unpack(new ByteArrayInputStream(tar.toByteArray()), "test", to);
  }
}
