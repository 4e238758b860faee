package dev.slipway.registry;

import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Digest;
import dev.slipway.oci.ImageReference;
import dev.slipway.oci.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator's client of registries. Blocking; an interrupt ends a call. Retries are
 * inside. @ThreadSafe
 */
public final class RegistryClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryClient.class);

  /**
   * A token given to a worker should outlive the time until it is used there; Docker Hub's live
   * five minutes.
   */
  private static final Duration LIFE_AT_WORKER = Duration.ofMinutes(2);

  /**
   * How long a registry that did not answer is not asked where another did: machines behind a
   * mirror may never reach it.
   */
  private static final Duration LEFT_OUT = Duration.ofMinutes(1);

  private final Clock clock;
  private final Map<String, Instant> leftOutUntil = new ConcurrentHashMap<>();
  private final RetryPolicy policy;
  private final RegistryTransport transport;
  private final Retries retries;

  /** Over all servers of a host. */
  private final Retries rounds;

  private final Endpoints endpoints;
  private final Schemes schemes;
  private final Authorizers authorizers;
  private final ImageResolver resolver;

  public RegistryClient(RegistryHosts hosts, RetryPolicy policy, Clock clock) {
    this.clock = clock;
    this.policy = policy;
    this.transport = new RegistryTransport(policy.patience());
    this.retries = new Retries(policy);
    this.rounds = new Retries(policy.overServers());
    this.endpoints = new Endpoints(hosts);
    this.schemes = new Schemes(transport, clock);
    this.authorizers = new Authorizers(transport, new Tokens(transport, retries, clock), clock);
    this.resolver = new ImageResolver(this::openForReading, rounds);
  }

  public RegistryClient(RegistryHosts hosts) {
    this(hosts, RetryPolicy.DEFAULT, Clock.systemUTC());
  }

  /**
   * Finds an image: mirrors are asked first, then the host itself.
   *
   * @throws SlipwayException NOT_FOUND {@code failed to resolve source metadata for x: x: not
   *     found}; DENIED {@code … pull access denied, repository does not exist or may require
   *     authorization …}
   */
  public ResolvedImage resolve(
      ImageReference reference, Platform platform, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    return resolver.resolve(reference, platform, authenticator);
  }

  /** Opens the repository at its registry's host for pushing. */
  public Repository open(PushAccess access) throws SlipwayException, InterruptedException {
    Endpoint endpoint = schemes.settle(endpoints.toWrite(access.name().host(), access.reach()));
    String repository = access.name().repository();
    RegistryTransport.Peer peer = peer(endpoint, access.scopes(), access.authenticator());
    RepositoryUrls urls = endpoint.urls(repository);
    String name = access.name().name();
    return new Repository(
        name,
        new BlobUpload(transport, retries, peer, urls, name),
        new Manifests(transport, retries, peer, urls, name));
  }

  /**
   * Returns what a worker needs to read ({@code push} false) or write the repository's blobs.
   * Servers that cannot be reached are left out while there are others.
   */
  public BlobAccess access(ImageReference name, boolean push, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    return push
        ? pushAccess(new PushAccess(name, authenticator, false, Set.of()), false)
        : pullAccess(name, authenticator);
  }

  /**
   * Returns what a worker needs to push.
   *
   * @param renew whether the token of before was refused
   */
  public BlobAccess pushAccess(PushAccess access, boolean renew)
      throws SlipwayException, InterruptedException {
    Endpoint endpoint = schemes.settle(endpoints.toWrite(access.name().host(), access.reach()));
    String what = "authorization to push to " + access.name().name();
    return new BlobAccess(
        List.of(
            retries.run(
                what,
                endpoint.host(),
                () ->
                    site(
                        endpoint, access.name(), access.scopes(), access.authenticator(), renew))));
  }

  private BlobAccess pullAccess(ImageReference name, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    List<Endpoint> candidates = endpoints.toRead(name.host(), Endpoints.Reach.AS_CONFIGURED);
    return rounds.run(
        "authorization to pull from " + name.name(),
        name.host(),
        () -> pullAccess(name, authenticator, candidates));
  }

  private BlobAccess pullAccess(
      ImageReference name, Authenticator authenticator, List<Endpoint> candidates)
      throws SlipwayException, InterruptedException {
    List<BlobAccess.Site> sites = new ArrayList<>();
    SlipwayException last = null;
    for (Endpoint candidate : candidates) {
      boolean spare = !sites.isEmpty();
      if (spare
          && clock.instant().isBefore(leftOutUntil.getOrDefault(candidate.host(), Instant.MIN))) {
        continue;
      }
      String what = "authorization to pull from " + name.name();
      try {
        Endpoint endpoint = schemes.settle(candidate);
        List<String> scopes = List.of("repository:" + endpoint.path(name.repository()) + ":pull");
        sites.add(
            (spare ? new Retries(RetryPolicy.ONCE) : patience(candidates))
                .run(
                    what,
                    endpoint.host(),
                    () -> site(endpoint, name, scopes, authenticator, false)));
      } catch (SlipwayException e) {
        LOG.atDebug()
            .addKeyValue("registry", candidate.host())
            .addKeyValue("reason", e.getMessage())
            .log("registry left out");
        if (spare) {
          leftOutUntil.put(candidate.host(), clock.instant().plus(LEFT_OUT));
        }
        last = e;
      }
    }
    if (sites.isEmpty() && last != null) {
      throw last;
    }
    return new BlobAccess(sites);
  }

  private BlobAccess.Site site(
      Endpoint endpoint,
      ImageReference name,
      List<String> scopes,
      Authenticator authenticator,
      boolean renew)
      throws IOException, SlipwayException, InterruptedException {
    Authorizers.Grant grant =
        authorizers.authorizer(endpoint, scopes, authenticator).grant(LIFE_AT_WORKER, renew);
    String query = endpoint.mirror() ? "?ns=" + endpoint.namespace() : "";
    return new BlobAccess.Site(
        endpoint.url(),
        endpoint.path(name.repository()),
        query,
        grant.authorization(),
        grant.basic(),
        endpoint.insecureTls());
  }

  /**
   * Opens a blob for reading, from a mirror or the host itself. It resumes and verifies itself as
   * {@link BlobTransfer#open} says.
   *
   * @param size in bytes; negative = unknown
   */
  public InputStream fetchBlob(
      ImageReference name,
      Digest digest,
      long size,
      Authenticator authenticator,
      LongConsumer received)
      throws SlipwayException, InterruptedException {
    List<ResumingBlobStream.Place> places = new ArrayList<>();
    for (OpenForReading open : openForReading(name, authenticator)) {
      places.add(new ResumingBlobStream.Place(open.urls().blob(digest), open.peer()));
    }
    return ResumingBlobStream.open(
        transport, policy, new ResumingBlobStream.Wanted(digest, size, places), received);
  }

  private List<OpenForReading> openForReading(ImageReference name, Authenticator authenticator)
      throws SlipwayException, InterruptedException {
    List<OpenForReading> open = new ArrayList<>();
    List<Endpoint> candidates = endpoints.toRead(name.host(), Endpoints.Reach.AS_CONFIGURED);
    for (Endpoint candidate : candidates) {
      Endpoint endpoint = schemes.settle(candidate);
      RegistryTransport.Peer peer =
          peer(
              endpoint,
              List.of("repository:" + endpoint.path(name.repository()) + ":pull"),
              authenticator);
      open.add(
          new OpenForReading(
              endpoint, endpoint.urls(name.repository()), peer, transport, patience(candidates)));
    }
    return open;
  }

  /** Of several servers the next is asked soon, and all of them again after the last. */
  private Retries patience(List<Endpoint> candidates) {
    return candidates.size() > 1 ? new Retries(RetryPolicy.IMPATIENT) : retries;
  }

  private RegistryTransport.Peer peer(
      Endpoint endpoint, List<String> scopes, Authenticator authenticator) {
    return new RegistryTransport.Peer(
        authorizers.authorizer(endpoint, scopes, authenticator), endpoint.insecureTls());
  }

  @Override
  public void close() {
    transport.close();
  }

  /** One server of a registry host, with what is needed to read from it. */
  record OpenForReading(
      Endpoint endpoint,
      RepositoryUrls urls,
      RegistryTransport.Peer peer,
      RegistryTransport transport,
      Retries retries) {
    Manifests manifests(ImageReference name) {
      return new Manifests(transport, retries, peer, urls, name.name());
    }

    byte[] document(ImageReference name, Digest digest, int limit)
        throws SlipwayException, InterruptedException {
      String what = "request of blob " + digest + " of " + name.name();
      return retries.run(
          what,
          endpoint.host(),
          () -> {
            var response =
                transport.send(
                    to -> java.net.http.HttpRequest.newBuilder(to.orElse(urls.blob(digest))).GET(),
                    peer,
                    RegistryTransport.NOTHING_MOVES);
            if (response.statusCode() != 200) {
              throw RegistryException.of(what, response);
            }
            byte[] content = Bodies.read(response, limit, what);
            if (!Digest.of(content).equals(digest)) {
              throw new IOException("the bytes have digest " + Digest.of(content));
            }
            return content;
          });
    }
  }

  /**
   * A repository to push to, and who pushes.
   *
   * @param insecure whether https needs no verification and plain http will do: the exporter's
   *     attribute {@code registry.insecure}
   * @param mountFrom repositories of the same registry that blobs may be mounted from
   */
  public record PushAccess(
      ImageReference name, Authenticator authenticator, boolean insecure, Set<String> mountFrom) {
    public PushAccess {
      mountFrom = Set.copyOf(mountFrom);
    }

    Endpoints.Reach reach() {
      return insecure ? Endpoints.Reach.INSECURE : Endpoints.Reach.AS_CONFIGURED;
    }

    List<String> scopes() {
      Set<String> scopes = new LinkedHashSet<>();
      scopes.add("repository:" + name.repository() + ":pull,push");
      mountFrom.stream()
          .filter(other -> !other.equals(name.repository()))
          .sorted()
          .forEach(other -> scopes.add("repository:" + other + ":pull"));
      return List.copyOf(scopes);
    }
  }

  /** Requests of this process, to registries and other workers, that were sent again. */
  public static long retries() {
    return Retries.count();
  }
}
