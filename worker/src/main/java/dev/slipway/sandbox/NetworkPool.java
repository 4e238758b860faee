package dev.slipway.sandbox;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Network namespaces with egress, made once and reused: a process has no right to change its
 * network's settings, so nothing of it stays behind. Each namespace has one slirp4netns that lives
 * as long as the pool. Where egress cannot work the pool says so once and gives the host's network.
 * {@code this} guards the list of free namespaces; making one happens outside of it.
 */
public final class NetworkPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkPool.class);

  /** Address of slirp4netns' own resolver, which passes questions on to the host's. */
  private static final String SLIRP_RESOLVER = "10.0.2.3";

  private static final long START_SECONDS = 10;

  private final Path directory;
  private final boolean isolated;
  private final Unreachable always;
  private volatile Unreachable unreachable;
  private final Deque<Namespace> free = new ArrayDeque<>();
  private final List<Namespace> all = new ArrayList<>();
  private boolean closed;
  private int made;

  /**
   * @param directory on tmpfs, for the namespaces' handles
   * @param isolated whether egress works here; false = processes use the host's network
   * @param always addresses that no process may reach, whatever {@link #bar} says
   */
  public NetworkPool(Path directory, boolean isolated, Unreachable always) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.isolated = isolated;
    this.always = always;
    this.unreachable = always;
    if (!isolated) {
      LOG.atWarn()
          .log(
              "build steps share the host's network: slirp4netns or /dev/net/tun is not usable here, so a step can reach host loopback");
    }
  }

  /**
   * From now on no process reaches those, in networks that are there and in new ones, and what was
   * barred before and is not any more is let through again.
   */
  public void bar(Unreachable more) throws IOException, InterruptedException {
    List<Namespace> there;
    synchronized (this) {
      unreachable = always.and(more);
      there = List.copyOf(all);
    }
    for (Namespace namespace : there) {
      namespace.bar(unreachable);
    }
  }

  /** A network for one process; goes back to the pool when closed. */
  public final class Lease implements AutoCloseable {
    private final Optional<Namespace> namespace;
    private final BundleSpec.Net net;

    private Lease(Optional<Namespace> namespace, BundleSpec.Net net) {
      this.namespace = namespace;
      this.net = net;
    }

    BundleSpec.Net net() {
      return net;
    }

    /** Text of the container's resolv.conf. */
    String resolvConf() throws IOException {
      if (namespace.isPresent()) {
        return "nameserver " + SLIRP_RESOLVER + "\n";
      }
      Path host = Path.of("/etc/resolv.conf");
      return net instanceof BundleSpec.Net.Host && Files.isReadable(host)
          ? Files.readString(host)
          : "";
    }

    @Override
    public void close() {
      namespace.ifPresent(NetworkPool.this::giveBack);
    }
  }

  private static final class Namespace {
    private final Path path;
    private final Process egress;

    /** What its routes say; under its monitor. */
    private Unreachable barred = Unreachable.NOTHING;

    Namespace(Path path, Process egress) {
      this.path = path;
      this.egress = egress;
    }

    Path path() {
      return path;
    }

    Process egress() {
      return egress;
    }

    synchronized void bar(Unreachable rules) throws IOException, InterruptedException {
      List<String> changes = rules.after(barred);
      if (!changes.isEmpty()) {
        run(String.join("\n", changes) + "\n", "nsenter", "--net=" + path, "ip", "-batch", "-");
      }
      barred = rules;
    }

    void end() {
      egress.destroyForcibly();
      try {
        run("", "umount", "-l", path.toString());
        Files.deleteIfExists(path);
      } catch (IOException e) {
        LOG.atWarn().setCause(e).log("a network namespace could not be removed");
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns a free network, or makes one. */
  public Lease lease() throws SlipwayException, InterruptedException {
    if (!isolated) {
      return new Lease(Optional.empty(), new BundleSpec.Net.Host());
    }
    @Nullable Namespace found = take();
    while (found != null && !found.egress().isAlive()) {
      LOG.atWarn().log("slirp4netns has ended by itself, its network is made anew");
      synchronized (this) {
        all.remove(found);
      }
      found.end();
      found = take();
    }
    Namespace namespace = found != null ? found : make();
    prohibit(namespace);
    return new Lease(Optional.of(namespace), new BundleSpec.Net.Joined(namespace.path()));
  }

  /** Returns no network: loopback only, in a namespace that ends with its process. */
  Lease none() {
    return new Lease(Optional.empty(), new BundleSpec.Net.Isolated());
  }

  /** Returns the worker's own network, which is its machine's: for builds that may use it. */
  Lease host() {
    return new Lease(Optional.empty(), new BundleSpec.Net.Host());
  }

  /** Makes networks ahead of their use, up to {@code count} in all. */
  public void warm(int count) throws SlipwayException, InterruptedException {
    List<Lease> leases = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        leases.add(lease());
      }
    } finally {
      leases.forEach(Lease::close);
    }
  }

  private synchronized @Nullable Namespace take() {
    return free.poll();
  }

  private void giveBack(Namespace namespace) {
    synchronized (this) {
      if (!closed) {
        free.push(namespace);
        return;
      }
    }
    namespace.end();
  }

  private Namespace make() throws SlipwayException, InterruptedException {
    int number;
    synchronized (this) {
      number = made++;
    }
    Path path = directory.resolve("net" + number);
    Path ready = directory.resolve("net" + number + ".ready");
    Path log = directory.resolve("net" + number + ".log");
    try {
      Files.createFile(path);
      run("", "unshare", "--net=" + path, "true");
      Process egress =
          new ProcessBuilder(
                  "sh",
                  "-c",
                  "exec slirp4netns --configure --mtu=65520 --disable-host-loopback --enable-sandbox --enable-seccomp"
                      + " --netns-type=path --ready-fd=3 \"$1\" tap0 3>\"$2\"",
                  "sh",
                  path.toString(),
                  ready.toString())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      Namespace namespace = new Namespace(path, egress);
      awaitReady(namespace, ready, log);
      synchronized (this) {
        if (!closed) {
          all.add(namespace);
          return namespace;
        }
      }
      namespace.end();
      throw new SlipwayException(ErrorKind.CANCELLED, "the worker is ending");
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static SlipwayException unavailable(IOException cause) {
    return new SlipwayException(
        ErrorKind.UNAVAILABLE,
        "making a network for a build step failed: " + cause.getMessage(),
        cause);
  }

  /**
   * slirp4netns offers no event that Java could wait for without a descriptor to pass: the file is
   * looked at every 2 ms.
   */
  private static void awaitReady(Namespace namespace, Path ready, Path log)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    try {
      while (!Files.exists(ready) || Files.size(ready) == 0) {
        if (namespace.egress().waitFor(2, TimeUnit.MILLISECONDS)) {
          throw new IOException("slirp4netns ended: " + Files.readString(log).strip());
        }
        if (System.nanoTime() > deadline) {
          throw new IOException("slirp4netns was not ready after " + START_SECONDS + " s");
        }
      }
    } catch (IOException | InterruptedException e) {
      namespace.end();
      throw e;
    }
  }

  /** A network that lets more through than it should is not given out. */
  private void prohibit(Namespace namespace) throws SlipwayException, InterruptedException {
    try {
      namespace.bar(unreachable);
    } catch (IOException e) {
      synchronized (this) {
        all.remove(namespace);
      }
      namespace.end();
      throw unavailable(e);
    }
  }

  private static void run(String input, String... command)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream to = process.getOutputStream()) {
      to.write(input.getBytes(StandardCharsets.UTF_8));
    }
    String output = new String(process.getInputStream().readNBytes(4096), StandardCharsets.UTF_8);
    if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command[0] + " did not end after " + START_SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      throw new IOException(command[0] + " failed: " + output.strip());
    }
  }

  @Override
  public void close() {
    List<Namespace> ending;
    synchronized (this) {
      closed = true;
      free.clear();
      ending = List.copyOf(all);
      all.clear();
    }
    ending.forEach(Namespace::end);
  }
}
