package dev.slipway.registry;

import dev.slipway.certificates.FarmTls;
import dev.slipway.content.BlobDirectory;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves blobs for somebody who was told where from, where to and with which Authorization: a
 * worker. Blocking; an interrupt ends it. Retries are inside. @ThreadSafe
 */
public final class BlobTransfer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BlobTransfer.class);

  private final RegistryTransport transport;
  private final RetryPolicy policy;
  private final Optional<BlobDirectory> directory;

  public BlobTransfer(RetryPolicy policy) {
    this(policy, Optional.empty());
  }

  /**
   * @param directory the only one from which sources with {@code file} addresses are read
   */
  public BlobTransfer(RetryPolicy policy, Optional<BlobDirectory> directory) {
    this(policy, directory, Optional.empty());
  }

  /**
   * @param directory the only one from which sources with {@code file} addresses are read
   * @param tls of sources that are workers or coordinators
   */
  public BlobTransfer(
      RetryPolicy policy, Optional<BlobDirectory> directory, Optional<FarmTls> tls) {
    this.policy = policy;
    this.directory = directory;
    this.transport = new RegistryTransport(policy.patience(), tls);
  }

  /**
   * Opens a blob for reading. The stream goes on where it broke off, at the next source if need be,
   * and its last read fails unless all bytes had the blob's digest and size: nothing read from it
   * may be trusted before end of stream. Its {@link IOException}s have a {@link SlipwayException}
   * as cause.
   *
   * @param received called with all bytes received so far, from the reading thread
   * @throws SlipwayException NOT_FOUND, DENIED, UNAVAILABLE … of the last source when none gives
   *     the blob
   */
  public InputStream open(Blob blob, LongConsumer received)
      throws SlipwayException, InterruptedException {
    return stream(blob, blob.sources(), received);
  }

  private ResumingBlobStream stream(Blob blob, List<Source> sources, LongConsumer received)
      throws SlipwayException, InterruptedException {
    List<ResumingBlobStream.Place> places = new ArrayList<>();
    for (Source source : sources) {
      places.add(source.place(places.size() + 1 < sources.size()));
    }
    return ResumingBlobStream.open(
        transport,
        policy,
        new ResumingBlobStream.Wanted(blob.digest(), blob.size(), places),
        received);
  }

  /** Hears how a download goes, from its thread. */
  @FunctionalInterface
  public interface Listener {
    /** So many bytes of the blob are there; falls back when it starts again. */
    void received(long total);

    /** An attempt has taken so many bytes from the source, whether or not they were of use. */
    default void taken(Source source, long bytes) {}

    /** The source gave bytes of which the blob could not be made. */
    default void corrupt(Source source) {}
  }

  /**
   * Saves a blob in a file, verified. When the bytes are wrong it starts again without those that
   * gave them.
   *
   * @param file created; removed again when the download fails
   */
  public void download(Blob blob, Path file, Listener listener)
      throws SlipwayException, IOException, InterruptedException {
    List<Source> remote = blob.sources().stream().filter(source -> !source.isFile()).toList();
    if (remote.size() < blob.sources().size()) {
      try {
        fromDirectory(blob, file, listener);
        return;
      } catch (SlipwayException e) {
        if (remote.isEmpty()) {
          throw e;
        }
        LOG.atWarn().addKeyValue("reason", e.getMessage()).log("blob taken from elsewhere");
      }
    }
    fromRemote(new Blob(blob.digest(), blob.size(), remote), file, listener);
  }

  private void fromDirectory(Blob blob, Path file, Listener listener)
      throws SlipwayException, IOException {
    Source source = blob.sources().stream().filter(Source::isFile).findFirst().orElseThrow();
    BlobDirectory readable =
        directory.orElseThrow(() ->
            new SlipwayException(
                ErrorKind.DENIED,
                "blob "
                    + blob.digest()
                    + " is in a directory and this worker has none:"
                    + " start it with --durable-directory"));
    readable.read(source.url(), blob.digest(), blob.size(), file);
    listener.taken(source, Files.size(file));
  }

  private void fromRemote(Blob blob, Path file, Listener listener)
      throws SlipwayException, IOException, InterruptedException {
    List<Source> left = new ArrayList<>(blob.sources());
    while (true) {
      try {
        attempt(blob, left, file, listener);
        return;
      } catch (WrongBytes e) {
        e.sources.forEach(listener::corrupt);
        // Of several the last is trusted once more: it is the one closest to the origin.
        left.removeAll(
            e.sources.size() == 1 ? e.sources : e.sources.subList(0, e.sources.size() - 1));
        if (left.isEmpty()) {
          throw e.failure;
        }
      }
    }
  }

  /** The digest differs. */
  private static final class WrongBytes extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Source> sources;
    private final SlipwayException failure;

    WrongBytes(List<Source> sources, SlipwayException failure) {
      super(failure);
      this.sources = sources;
      this.failure = failure;
    }
  }

  private void attempt(Blob blob, List<Source> sources, Path file, Listener listener)
      throws WrongBytes, SlipwayException, IOException, InterruptedException {
    boolean complete = false;
    try (ResumingBlobStream in = stream(blob, sources, listener::received)) {
      try (OutputStream out = Files.newOutputStream(file)) {
        in.transferTo(out);
        complete = true;
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException("download of " + blob.digest() + " was interrupted");
        }
        if (e.getCause() instanceof SlipwayException cause) {
          if (e instanceof ResumingBlobStream.Corrupt) {
            throw new WrongBytes(givers(in, sources), cause);
          }
          throw cause;
        }
        throw e;
      } finally {
        long[] taken = in.taken();
        for (int i = 0; i < taken.length; i++) {
          if (taken[i] > 0) {
            listener.taken(sources.get(i), taken[i]);
          }
        }
      }
    } finally {
      if (!complete) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static List<Source> givers(ResumingBlobStream in, List<Source> sources) {
    List<Source> givers = new ArrayList<>();
    long[] taken = in.taken();
    for (int i = 0; i < taken.length; i++) {
      if (taken[i] > 0) {
        givers.add(sources.get(i));
      }
    }
    return givers.isEmpty() ? sources : givers;
  }

  /**
   * Uploads a blob unless the repository has it.
   *
   * @param sent called with the bytes sent so far; falls back to a smaller number when an upload
   *     starts again
   * @return whether bytes were sent
   */
  public boolean upload(Target target, Digest digest, Path file, LongConsumer sent)
      throws SlipwayException, IOException, InterruptedException {
    return uploadTo(target).push(digest, UploadBody.ofFile(file), sent);
  }

  /** Whether the repository has the blob. */
  public boolean exists(Target target, Digest digest)
      throws SlipwayException, InterruptedException {
    return uploadTo(target).exists(digest);
  }

  private BlobUpload uploadTo(Target target) {
    RepositoryUrls urls = RepositoryUrls.of(target.registryUrl(), target.repository());
    return new BlobUpload(
        transport,
        new Retries(policy),
        target.peer(),
        urls,
        target.host() + "/" + target.repository());
  }

  @Override
  public void close() {
    transport.close();
  }

  /**
   * A blob and where it is; worker.proto's LayerBlob.
   *
   * @param size in bytes; negative = unknown, then only the digest is verified
   * @param sources tried in order
   */
  public record Blob(Digest digest, long size, List<Source> sources) {
    public Blob {
      sources = List.copyOf(sources);
      if (sources.isEmpty()) {
        throw new IllegalArgumentException("blob " + digest + " has no source");
      }
    }
  }

  /**
   * One place that has a blob; worker.proto's BlobSource.
   *
   * @param authorization value of the header, empty = none
   * @param insecureTls https without verification
   * @param worker whether it is another worker: one that hangs is left for the next source at once
   */
  public record Source(URI url, String authorization, boolean insecureTls, boolean worker) {
    /**
     * A worker answers at once or is in trouble. Above a long pause of its collector, below what a
     * person notices in a build.
     */
    private static final Duration WORKER_PATIENCE = Duration.ofSeconds(4);

    public Source(URI url, String authorization, boolean insecureTls) {
      this(url, authorization, insecureTls, false);
    }

    public boolean isFile() {
      return "file".equals(url.getScheme());
    }

    ResumingBlobStream.Place place(boolean another) {
      boolean hurried = worker && another;
      return new ResumingBlobStream.Place(
          url,
          new RegistryTransport.Peer(
              RequestAuthorizer.fixed(authorization),
              insecureTls,
              hurried ? Optional.of(WORKER_PATIENCE) : Optional.empty()),
          hurried);
    }

    @Override
    public String toString() {
      return RegistryException.redact(url);
    }
  }

  /**
   * A repository to push to; worker.proto's PushTarget.
   *
   * @param registryUrl {@code https://host[:port]}
   * @param authorization value of the header, empty = none
   * @param insecureTls https without verification
   */
  public record Target(
      URI registryUrl, String repository, String authorization, boolean insecureTls) {
    RegistryTransport.Peer peer() {
      return new RegistryTransport.Peer(RequestAuthorizer.fixed(authorization), insecureTls);
    }

    String host() {
      return registryUrl.getAuthority();
    }

    @Override
    public String toString() {
      return RegistryException.redact(registryUrl) + "/" + repository;
    }
  }
}
