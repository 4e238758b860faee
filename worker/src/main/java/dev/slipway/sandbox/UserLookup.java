package dev.slipway.sandbox;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Finds the ids of a Dockerfile USER in the container's own /etc/passwd and /etc/group. */
final class UserLookup {
  /** Files beyond this are no account files; a hostile image must not fill the memory. */
  private static final long MAX_FILE_SIZE = 4L << 20;

  private static final long MAX_ID = 0x7fffffffL;

  /**
   * Who a process runs as. The primary group is the first of the supplementary ones: without it a
   * set-group-id program could shed it (CVE-2022-36109).
   */
  record Ids(int uid, int gid, List<Integer> supplementary) {}

  private record User(String name, int uid, int gid) {}

  private record Group(String name, int gid, List<String> members) {}

  private final List<User> users;
  private final List<Group> groups;

  /** Reads the accounts of a root filesystem; absent files are empty. */
  UserLookup(Path root) throws IOException {
    this.users = users(lines(root, "/etc/passwd"));
    this.groups = groups(lines(root, "/etc/group"));
  }

  /**
   * Returns the ids of {@code name|uid[:group|gid]}; empty is root. Supplementary groups are those
   * of a user without an explicit group; an unknown uid gets gid 0.
   *
   * @throws SlipwayException NOT_FOUND when a name is unknown
   */
  Ids find(String spec) throws SlipwayException {
    int colon = spec.indexOf(':');
    String userPart = colon < 0 ? spec : spec.substring(0, colon);
    String groupPart = colon < 0 ? "" : spec.substring(colon + 1);
    Optional<Integer> numeric = userPart.isEmpty() ? Optional.of(0) : number(userPart);
    Optional<User> user =
        users.stream()
            .filter(entry ->
                numeric.isPresent() ? entry.uid() == numeric.get() : entry.name().equals(userPart))
            .findFirst();
    if (user.isEmpty() && numeric.isEmpty()) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND,
          "unable to find user " + userPart + ": no matching entries in passwd file");
    }
    int uid = user.map(User::uid).orElseGet(numeric::get);
    if (!groupPart.isEmpty()) {
      int gid = group(groupPart);
      return new Ids(uid, gid, List.of(gid));
    }
    int primary = user.map(User::gid).orElse(0);
    TreeSet<Integer> supplementary = new TreeSet<>();
    user.ifPresent(found ->
        groups.stream()
            .filter(group -> group.members().contains(found.name()))
            .forEach(group -> supplementary.add(group.gid())));
    supplementary.remove(primary);
    List<Integer> all = new ArrayList<>(List.of(primary));
    all.addAll(supplementary);
    return new Ids(uid, primary, List.copyOf(all));
  }

  private int group(String part) throws SlipwayException {
    Optional<Integer> numeric = number(part);
    if (numeric.isPresent()) {
      return numeric.get();
    }
    return groups.stream()
        .filter(group -> group.name().equals(part))
        .findFirst()
        .map(Group::gid)
        .orElseThrow(() ->
            new SlipwayException(
                ErrorKind.NOT_FOUND,
                "unable to find group " + part + ": no matching entries in group file"));
  }

  private static List<User> users(List<String> lines) {
    List<User> users = new ArrayList<>();
    for (String line : lines) {
      String[] fields = line.split(":", -1);
      if (fields.length >= 4) {
        Optional<Integer> uid = number(fields[2]);
        Optional<Integer> gid = number(fields[3]);
        if (uid.isPresent() && gid.isPresent()) {
          users.add(new User(fields[0], uid.get(), gid.get()));
        }
      }
    }
    return users;
  }

  private static List<Group> groups(List<String> lines) {
    List<Group> groups = new ArrayList<>();
    for (String line : lines) {
      String[] fields = line.split(":", -1);
      if (fields.length >= 4) {
        number(fields[2])
            .ifPresent(
                gid -> groups.add(new Group(fields[0], gid, List.of(fields[3].trim().split(",")))));
      }
    }
    return groups;
  }

  private static Optional<Integer> number(String text) {
    if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    long value = Long.parseLong(text);
    return value > MAX_ID ? Optional.empty() : Optional.of((int) value);
  }

  private static List<String> lines(Path root, String path) throws IOException {
    RootPath.Target target = RootPath.follow(root, path);
    if (!target.exists()
        || !Files.isRegularFile(target.existing())
        || Files.size(target.existing()) > MAX_FILE_SIZE) {
      return List.of();
    }
    return Files.readString(target.existing(), StandardCharsets.ISO_8859_1).lines().toList();
  }
}
