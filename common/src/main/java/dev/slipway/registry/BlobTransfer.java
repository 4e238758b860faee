package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Moves blobs for somebody who was told where from, where to and with which Authorization: a
 * worker. Blocking; an interrupt ends it. Retries are inside. @ThreadSafe
 */
public final class BlobTransfer implements AutoCloseable {
  private final RegistryTransport transport;
  private final RetryPolicy policy;

  public BlobTransfer(RetryPolicy policy) {
    this.policy = policy;
    this.transport = new RegistryTransport(policy.patience());
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
    List<ResumingBlobStream.Place> places = blob.sources().stream().map(Source::place).toList();
    return ResumingBlobStream.open(
        transport,
        policy,
        new ResumingBlobStream.Wanted(blob.digest(), blob.size(), places),
        received);
  }

  /**
   * Saves a blob in a file, verified.
   *
   * @param file created; removed again when the download fails
   */
  public void download(Blob blob, Path file, LongConsumer received)
      throws SlipwayException, IOException, InterruptedException {
    boolean complete = false;
    try (InputStream in = open(blob, received);
        OutputStream out = Files.newOutputStream(file)) {
      in.transferTo(out);
      complete = true;
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("download of " + blob.digest() + " was interrupted");
      }
      if (e.getCause() instanceof SlipwayException cause) {
        throw cause;
      }
      throw e;
    } finally {
      if (!complete) {
        Files.deleteIfExists(file);
      }
    }
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
   */
  public record Source(URI url, String authorization, boolean insecureTls) {
    ResumingBlobStream.Place place() {
      return new ResumingBlobStream.Place(
          url, new RegistryTransport.Peer(RequestAuthorizer.fixed(authorization), insecureTls));
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
