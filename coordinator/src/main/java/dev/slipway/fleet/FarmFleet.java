package dev.slipway.fleet;

import com.google.protobuf.ByteString;
import dev.slipway.cache.CacheIndex;
import dev.slipway.cache.LayerRecord;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.protocol.Capability;
import dev.slipway.protocol.worker.Answer;
import dev.slipway.protocol.worker.Ask;
import dev.slipway.protocol.worker.CancelAsk;
import dev.slipway.protocol.worker.CancelPush;
import dev.slipway.protocol.worker.CancelStage;
import dev.slipway.protocol.worker.CoordinatorMessage;
import dev.slipway.protocol.worker.Coordinators;
import dev.slipway.protocol.worker.Drained;
import dev.slipway.protocol.worker.Evicted;
import dev.slipway.protocol.worker.HeldMount;
import dev.slipway.protocol.worker.Hello;
import dev.slipway.protocol.worker.HoldLayers;
import dev.slipway.protocol.worker.InventoryChange;
import dev.slipway.protocol.worker.OpenContainer;
import dev.slipway.protocol.worker.Peers;
import dev.slipway.protocol.worker.PushLayers;
import dev.slipway.protocol.worker.PushOutcome;
import dev.slipway.protocol.worker.ReadPath;
import dev.slipway.protocol.worker.ReadPathOutcome;
import dev.slipway.protocol.worker.ReleaseBuild;
import dev.slipway.protocol.worker.RunStage;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StepResult;
import dev.slipway.protocol.worker.StepStatus;
import dev.slipway.protocol.worker.Welcome;
import dev.slipway.protocol.worker.WorkerMessage;
import dev.slipway.registry.RegistryException;
import dev.slipway.schedule.WorkerCapacity;
import dev.slipway.schedule.WorkerChanges;
import io.grpc.Status;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fleet of this coordinator: workers join over {@link FarmService}, which hands their messages
 * in. Joining and leaving tell the index first and the scheduler then, so that whoever hears of a
 * worker finds what it holds. @ThreadSafe
 */
public final class FarmFleet implements Fleet, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FarmFleet.class);

  private final FleetConfig config;
  private final CacheIndex index;
  private final WorkerChanges scheduler;
  private final Clock clock;
  private final CapabilityTokens tokens;
  private final Map<String, Member> members = new ConcurrentHashMap<>();
  private final BuildHolds holds = new BuildHolds();
  private final SharedConnections connections = new SharedConnections();
  private final Attachments attachments = new Attachments();

  /**
   * Guards the order of joining and leaving over members, index and scheduler; never held while
   * waiting for a worker.
   */
  private final ReentrantLock membership = new ReentrantLock();

  private final Thread watch;
  private volatile BiConsumer<String, List<HeldMount>> mounts = (_, _) -> {};
  private volatile String address = "";
  private volatile List<String> coordinators = List.of();
  private volatile HandOver handOver = _ -> {};
  private CoordinatorMessage peersTold = peers(List.of()); // of the watch alone
  private volatile Set<String> evicted = Set.of(); // written under membership

  /**
   * @param scheduler told of the workers
   */
  public FarmFleet(FleetConfig config, CacheIndex index, WorkerChanges scheduler, Clock clock) {
    this.config = config;
    this.index = index;
    this.scheduler = scheduler;
    this.clock = clock;
    this.tokens = new CapabilityTokens(config.capabilityLifetime(), clock);
    this.watch = Thread.ofVirtual().name("heartbeat-watch").start(this::watch);
  }

  /**
   * From now on the listener hears which cache mounts a worker has, before anybody hears that the
   * worker is there.
   */
  public void onMounts(BiConsumer<String, List<HeldMount>> listener) {
    mounts = listener;
  }

  /** Verifies tokens that {@link #capability} gave, for what the coordinator itself serves. */
  public Capability.Verifier verifier() {
    return tokens.verifier();
  }

  @Override
  public List<WorkerNode> workers() {
    return members.values().stream()
        .map(member -> member.node)
        .sorted((left, right) -> left.id().compareTo(right.id()))
        .toList();
  }

  @Override
  public Optional<WorkerNode> worker(String id) {
    return Optional.ofNullable(members.get(id)).map(member -> member.node);
  }

  @Override
  public Optional<WorkerStatus> status(String workerId) {
    return Optional.ofNullable(members.get(workerId)).map(Member::status);
  }

  /** From now on workers learn how they reach this coordinator. @param own {@code host:port} */
  public void reachedAt(String own) {
    address = own;
  }

  /**
   * Tells all workers, and those that join later, where all coordinators are.
   *
   * @param addresses {@code host:port} of their workers' servers
   */
  public void coordinators(List<String> addresses) {
    membership.lock();
    try {
      coordinators = List.copyOf(addresses);
      CoordinatorMessage message =
          CoordinatorMessage.newBuilder()
              .setCoordinators(Coordinators.newBuilder().addAllAddresses(coordinators))
              .build();
      members.values().forEach(member -> member.link.send(message));
      // Two sides of a split that have joined again may have lost who is linked to whom.
      Map<String, Long> linked = new HashMap<>();
      members.values().forEach(member -> linked.put(member.id(), member.node.incarnation()));
      index.addHolders(linked);
    } finally {
      membership.unlock();
    }
  }

  /**
   * Ends the links of those workers and lets them join no more, and tells all others, who give them
   * nothing and take nothing from them.
   *
   * @param workerIds all that are evicted now
   */
  public void evicted(Set<String> workerIds) {
    membership.lock();
    try {
      evicted = Set.copyOf(workerIds);
      CoordinatorMessage message = CoordinatorMessage.newBuilder().setEvicted(outcasts()).build();
      for (Member member : members.values()) {
        if (evicted.contains(member.id())) {
          leave(member, Status.PERMISSION_DENIED.withDescription(evictedReason(member.id())));
        } else {
          member.link.send(message);
        }
      }
    } finally {
      membership.unlock();
    }
  }

  /** What an evicted worker is told. */
  public static String evictedReason(String workerId) {
    return "worker "
        + workerId
        + " was evicted from this farm; an administrator can let it in again: slipway worker admit "
        + workerId;
  }

  private void refuseEvicted(Member member) throws SlipwayException {
    if (evicted.contains(member.id())) {
      String reason = evictedReason(member.id());
      member.link.close(Status.PERMISSION_DENIED.withDescription(reason));
      throw new SlipwayException(ErrorKind.DENIED, reason);
    }
  }

  private Evicted outcasts() {
    return Evicted.newBuilder().addAllWorkerIds(evicted).build();
  }

  /** From now on a worker that leaves gives what only it has to others. */
  public void handOver(HandOver departures) {
    handOver = departures;
  }

  @Override
  public void run(String workerId, RunStage stage, StageListener listener) throws SlipwayException {
    Member member = member(workerId);
    member.addStage(stage.getStageId(), listener);
    try {
      member.send(CoordinatorMessage.newBuilder().setRunStage(stage).build());
    } catch (SlipwayException e) {
      if (member.removeStage(stage.getStageId())) {
        throw e;
      }
    }
  }

  @Override
  public void run(
      String workerId, RunStage stage, StageListener listener, Map<String, Connecting> shared)
      throws SlipwayException {
    connections.during(stage, listener, shared, (what, heard) -> run(workerId, what, heard));
  }

  SharedConnections connections() {
    return connections;
  }

  @Override
  public void cancel(String workerId, String stageId) {
    Member member = members.get(workerId);
    if (member != null && member.hasStage(stageId)) {
      member.link.send(
          CoordinatorMessage.newBuilder()
              .setCancelStage(CancelStage.newBuilder().setStageId(stageId))
              .build());
    }
  }

  @Override
  public PushOutcome push(String workerId, PushLayers push, Consumer<StepStatus> progress)
      throws SlipwayException, InterruptedException {
    Member member = member(workerId);
    String pushId = UUID.randomUUID().toString();
    PendingReply<PushOutcome> reply = new PendingReply<>(progress);
    boolean answered = false;
    member.addPush(pushId, reply);
    try {
      member.send(
          CoordinatorMessage.newBuilder()
              .setPushLayers(push.toBuilder().setPushId(pushId))
              .build());
      PushOutcome outcome =
          reply.await("push at worker " + workerId, config.pushSilence(), config.pushTimeout());
      answered = true;
      if (outcome.getRegistryFailed()) {
        throw RegistryException.told(kind(outcome.getErrorKind()), outcome.getError());
      }
      throwIfFailed(outcome.getError(), outcome.getErrorKind());
      return outcome;
    } finally {
      member.removePush(pushId);
      if (!answered) {
        member.link.send(
            CoordinatorMessage.newBuilder()
                .setCancelPush(CancelPush.newBuilder().setPushId(pushId))
                .build());
      }
    }
  }

  @Override
  public ReadPathOutcome read(String workerId, ReadPath read)
      throws SlipwayException, InterruptedException {
    Member member = member(workerId);
    String requestId = UUID.randomUUID().toString();
    PendingReply<ReadPathOutcome> reply = new PendingReply<>(_ -> {});
    member.addRead(requestId, reply);
    try {
      member.send(
          CoordinatorMessage.newBuilder()
              .setReadPath(read.toBuilder().setRequestId(requestId))
              .build());
      ReadPathOutcome outcome =
          reply.await(
              "read of " + read.getPath() + " at worker " + workerId,
              config.readTimeout(),
              config.readTimeout());
      throwIfFailed(outcome.getError(), outcome.getErrorKind());
      return outcome;
    } finally {
      member.removeRead(requestId);
    }
  }

  @Override
  public Answer ask(String workerId, Ask question, Duration timeout)
      throws SlipwayException, InterruptedException {
    Member member = member(workerId);
    String id = UUID.randomUUID().toString();
    PendingReply<Answer> reply = new PendingReply<>(_ -> {});
    boolean answered = false;
    member.addAsk(id, reply);
    try {
      member.send(CoordinatorMessage.newBuilder().setAsk(question.toBuilder().setId(id)).build());
      String what = question.getQuestionCase().name().toLowerCase(Locale.ROOT);
      Answer answer = reply.await(what + " at worker " + workerId, timeout, timeout);
      answered = true;
      throwIfFailed(answer.getError(), answer.getErrorKind());
      return answer;
    } finally {
      member.removeAsk(id);
      if (!answered) {
        member.link.send(
            CoordinatorMessage.newBuilder().setCancelAsk(CancelAsk.newBuilder().setId(id)).build());
      }
    }
  }

  @Override
  public ContainerLink open(
      String workerId,
      OpenContainer container,
      ContainerListener listener,
      Map<String, Connecting> shared)
      throws SlipwayException, InterruptedException {
    return attachments.open(member(workerId), container, listener, connections.admit(shared));
  }

  /** Where workers' calls for containers go. */
  Attachments attachments() {
    return attachments;
  }

  @Override
  public void hold(String workerId, String buildId, Collection<String> layerIds) {
    if (layerIds.isEmpty()) {
      return;
    }
    holds.add(workerId, buildId, layerIds);
    Member member = members.get(workerId);
    if (member != null) {
      member.link.send(
          CoordinatorMessage.newBuilder()
              .setHoldLayers(HoldLayers.newBuilder().setBuildId(buildId).addAllLayerIds(layerIds))
              .build());
    }
  }

  @Override
  public void release(String buildId) {
    holds.drop(buildId);
    CoordinatorMessage message =
        CoordinatorMessage.newBuilder()
            .setReleaseBuild(ReleaseBuild.newBuilder().setBuildId(buildId))
            .build();
    members.values().forEach(member -> member.link.send(message));
  }

  @Override
  public String capability(String resource) {
    return tokens.token(resource);
  }

  /** Sends all workers away. */
  @Override
  public void close() {
    watch.interrupt();
    members
        .values()
        .forEach(member ->
            leave(member, Status.UNAVAILABLE.withDescription("the coordinator is stopping")));
  }

  /** Takes the worker in; one of the same id that was there before is gone. */
  Member join(Hello hello, WorkerLink link) throws SlipwayException {
    WorkerNode node = HelloReader.worker(hello, clock.instant());
    Member member = new Member(node, link);
    membership.lock();
    try {
      refuseEvicted(member);
      Member previous = members.get(node.id());
      if (previous != null) {
        leave(previous, Status.ABORTED.withDescription("a worker of the same id has joined"));
      }
      index.addHolder(node.id(), node.incarnation());
      index.learn(HelloReader.layers(node.id(), hello.getHeldLayersList()));
      mounts.accept(node.id(), hello.getHeldMountsList());
      members.put(node.id(), member);
      member.heard();
      member.send(CoordinatorMessage.newBuilder().setWelcome(welcome()).build());
      member.send(peers(workers()));
      for (HoldLayers needed : holds.of(node.id())) {
        member.send(CoordinatorMessage.newBuilder().setHoldLayers(needed).build());
      }
      scheduler.workerJoined(
          new WorkerCapacity(
              node.id(),
              Set.copyOf(node.nativePlatforms()),
              Set.copyOf(node.emulatedPlatforms()),
              node.slots(),
              node.labels()));
    } catch (SlipwayException | RuntimeException e) {
      leave(member, Status.UNAVAILABLE.withDescription("joining failed"));
      throw e;
    } finally {
      membership.unlock();
    }
    LOG.atInfo()
        .addKeyValue("worker", node.id())
        .addKeyValue("slots", node.slots())
        .addKeyValue("platforms", node.nativePlatforms())
        .addKeyValue("emulated", node.emulatedPlatforms())
        .addKeyValue("layers", hello.getHeldLayersCount())
        .log("worker joined");
    return member;
  }

  /** Lets the worker go, once. */
  void leave(Member member, Status reason) {
    membership.lock();
    try {
      member.leave(reason);
      if (!members.remove(member.id(), member)) {
        return;
      }
      try {
        index.dropHolder(member.id());
      } catch (RuntimeException e) {
        // The cluster's member is stopping; links of one that is gone do not count.
        LOG.atWarn()
            .addKeyValue("worker", member.id())
            .setCause(e)
            .log("the index was not told of a worker that left");
      }
      scheduler.workerLeft(member.id());
      member.loseStages();
    } finally {
      membership.unlock();
    }
    LOG.atInfo()
        .addKeyValue("worker", member.id())
        .addKeyValue("reason", reason.getDescription())
        .log("worker left");
  }

  /** Handles a message of a joined worker; called in order. */
  void receive(Member member, WorkerMessage message) {
    if (!member.hasLeft()) {
      member.handle(() -> handle(member, message));
    }
  }

  private void handle(Member member, WorkerMessage message) {
    switch (message.getMessageCase()) {
      case STAGE_EVENT -> {
        learnResults(member, message.getStageEvent());
        member.stageEvent(message.getStageEvent());
      }
      case STAGE_OUTCOME -> {
        learn(member, message.getStageOutcome().getFailed().getLeftList());
        member.stageOutcome(message.getStageOutcome());
      }
      case PUSH_EVENT -> member.pushEvent(message.getPushEvent());
      case PUSH_OUTCOME -> {
        index.learn(ReportedBlob.records(message.getPushOutcome()));
        member.pushOutcome(message.getPushOutcome());
      }
      case READ_PATH_OUTCOME -> member.readOutcome(message.getReadPathOutcome());
      case INVENTORY_CHANGE -> inventory(member, message.getInventoryChange());
      case HEARTBEAT -> member.beat(message.getHeartbeat());
      case ANSWER -> member.answered(message.getAnswer());
      case DRAINING -> drain(member);
      case HELLO, MESSAGE_NOT_SET ->
          LOG.atWarn()
              .addKeyValue("worker", member.id())
              .log("worker sent a message out of place; ignored");
    }
  }

  /** The worker takes nothing new and goes once nothing here needs it. */
  private void drain(Member member) {
    if (member.isDraining()) {
      return;
    }
    member.drains();
    scheduler.workerDraining(member.id());
    LOG.atInfo().addKeyValue("worker", member.id()).log("worker drains");
    Thread.ofVirtual()
        .name("hand-over-" + member.id())
        .start(() -> {
          try {
            handOver.from(member.node);
          } catch (InterruptedException | RuntimeException e) {
            LOG.atWarn()
                .addKeyValue("worker", member.id())
                .setCause(e)
                .log("what only this worker holds was not handed over");
          }
          member.link.send(
              CoordinatorMessage.newBuilder().setDrained(Drained.getDefaultInstance()).build());
        });
  }

  /** The results exist for everybody before anybody hears of the step's end. */
  private void learnResults(Member member, StageEvent event) {
    if (event.hasDone()) {
      learn(member, event.getDone().getResultsList());
    }
  }

  private void learn(Member member, List<StepResult> results) {
    List<LayerRecord> held = HelloReader.results(member.id(), results);
    if (!held.isEmpty()) {
      index.learn(held);
    }
  }

  private void inventory(Member member, InventoryChange change) {
    index.dropHolder(member.id(), change.getRemovedList());
    index.learn(HelloReader.layers(member.id(), change.getAddedList()));
  }

  private Welcome welcome() {
    return Welcome.newBuilder()
        .setCapabilityPublicKey(ByteString.copyFrom(tokens.publicKey()))
        .setHeartbeatMillis(config.heartbeat().toMillis())
        .setAddress(address)
        .setNowMillis(clock.millis())
        .setEvicted(outcasts())
        .setCoordinators(Coordinators.newBuilder().addAllAddresses(coordinators))
        .build();
  }

  private static CoordinatorMessage peers(List<WorkerNode> workers) {
    Peers.Builder peers = Peers.newBuilder();
    // Without the name that stands before an address with TLS.
    workers.forEach(worker ->
        peers.addAddresses(
            URI.create(worker.blobUrl()).getAuthority().replaceFirst("^[^@]*@", "")));
    return CoordinatorMessage.newBuilder().setPeers(peers).build();
  }

  /** Workers that come and go at the same time are one message to all. */
  private void tellPeers() {
    CoordinatorMessage now = peers(workers());
    if (!now.equals(peersTold)) {
      members.values().forEach(member -> member.link.send(now));
      peersTold = now;
    }
  }

  private Member member(String workerId) throws SlipwayException {
    Member member = members.get(workerId);
    if (member == null) {
      throw new SlipwayException(
          ErrorKind.UNAVAILABLE, "worker " + workerId + " is not in the farm");
    }
    return member;
  }

  private static void throwIfFailed(String error, String kindName) throws SlipwayException {
    if (error.isEmpty()) {
      return;
    }
    throw new SlipwayException(kind(kindName), error);
  }

  private static ErrorKind kind(String name) {
    return Stream.of(ErrorKind.values())
        .filter(kind -> kind.name().equals(name))
        .findFirst()
        .orElse(ErrorKind.INTERNAL);
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(config.heartbeat().dividedBy(2));
        tellPeers();
        for (Member member : members.values()) {
          if (member.silentNanos() > config.silence().toNanos()) {
            leave(
                member,
                Status.DEADLINE_EXCEEDED.withDescription(
                    "silent for " + config.silence().toMillis() + " ms"));
          } else if (member.link.isClosed()) {
            leave(member, Status.UNAVAILABLE.withDescription("its link broke"));
          }
        }
      }
    } catch (InterruptedException _) {
      LOG.debug("heartbeat watch stopped");
    }
  }
}
