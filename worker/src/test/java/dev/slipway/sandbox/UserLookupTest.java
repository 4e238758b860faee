package dev.slipway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserLookupTest {
  @TempDir Path root;
  private UserLookup users;

  @BeforeEach
  void writeAccounts() throws IOException {
    Files.createDirectory(root.resolve("etc"));
    Files.writeString(
        root.resolve("etc/passwd"),
        "root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1001::/home/app:/bin/sh\n12:x:77:78:::\n");
    Files.writeString(
        root.resolve("etc/group"),
        "root:x:0:root\nwheel:x:10:root,app\napp:x:1001:\nextra:x:2000:app\n");
    users = new UserLookup(root);
  }

  @Test
  void findsAUserWithItsGroups() throws SlipwayException {
    assertThat(users.find("app"))
        .isEqualTo(new UserLookup.Ids(1000, 1001, List.of(1001, 10, 2000)));
    assertThat(users.find("1000")).isEqualTo(users.find("app"));
  }

  @Test
  void anEmptyUserIsRoot() throws SlipwayException {
    assertThat(users.find("")).isEqualTo(new UserLookup.Ids(0, 0, List.of(0, 10)));
  }

  @Test
  void anExplicitGroupDropsTheSupplementaryOnes() throws SlipwayException {
    assertThat(users.find("app:wheel")).isEqualTo(new UserLookup.Ids(1000, 10, List.of(10)));
    assertThat(users.find("5:6")).isEqualTo(new UserLookup.Ids(5, 6, List.of(6)));
  }

  @Test
  void anUnknownUidGetsGroupZero() throws SlipwayException {
    assertThat(users.find("4711")).isEqualTo(new UserLookup.Ids(4711, 0, List.of(0)));
  }

  @Test
  void refusesUnknownNames() {
    assertThatThrownBy(() -> users.find("nobody"))
        .hasMessage("unable to find user nobody: no matching entries in passwd file");
    assertThatThrownBy(() -> users.find("app:none"))
        .hasMessage("unable to find group none: no matching entries in group file");
  }

  @Test
  void neverReadsAccountsOutsideOfTheRoot() throws IOException, SlipwayException {
    Files.delete(root.resolve("etc/passwd"));
    Files.createSymbolicLink(
        root.resolve("etc/passwd"), Path.of("/../../../../etc/passwd.d/../passwd-in-root"));
    Files.writeString(root.resolve("passwd-in-root"), "inner:x:5:5:::\n");
    Files.createDirectory(root.resolve("etc/passwd.d"));
    Files.createSymbolicLink(root.resolve("etc/passwd-in-root"), Path.of("/passwd-in-root"));

    assertThat(new UserLookup(root).find("inner").uid()).isEqualTo(5);
  }
}
