package dev.slipway.schedule;

import dev.slipway.config.QueueSettings;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import java.util.Collection;
import java.util.stream.Collectors;

/** What the users of stages that are turned away are told, with the key that says so. */
final class Verdicts {
  private final SchedulerConfig config;
  private final QueueSettings settings;

  Verdicts(SchedulerConfig config) {
    this.config = config;
    this.settings = config.settings();
  }

  SlipwayException submittedTwice(String stageId) {
    return new SlipwayException(ErrorKind.CONFLICT, "stage " + stageId + " was submitted twice");
  }

  SlipwayException queueFull() {
    return exhausted(
        "the farm's queue is full: "
            + settings.maxWaiting()
            + " stages wait, as many as queue.max-waiting allows; try again later, add workers or raise it");
  }

  SlipwayException tenantFull(String tenant) {
    int limit = settings.limits(tenant).maxWaiting();
    return exhausted(
        "the queue takes no more of tenant "
            + tenant
            + ": "
            + limit
            + " of its stages wait, as many as "
            + (settings.tenants().containsKey(tenant)
                ? "queue.tenant." + tenant + ".max-waiting"
                : "queue.max-waiting-per-tenant")
            + " allows; try again when some of its builds have ended, or have it raised");
  }

  SlipwayException tooManyDemands(int most) {
    return exhausted(
        "stages wait for "
            + most
            + " different sets of worker labels already, which is the most; try again later or use labels that others use too");
  }

  SlipwayException notBuiltFor(Platform platform) {
    return new SlipwayException(
        ErrorKind.INVALID,
        "no worker may run "
            + platform
            + ": worker.oci.platforms allows "
            + config.platforms().stream()
                .sorted()
                .map(Platform::id)
                .collect(Collectors.joining(", ")));
  }

  SlipwayException waitedTooLong(Demand demand) {
    return exhausted(
        "no slot on a worker for "
            + demand
            + " came free in "
            + QueueSettings.text(settings.maxWait())
            + " (queue.max-wait); try again later or add workers");
  }

  /** Nobody is there at all. */
  SlipwayException farmEmpty(Demand demand) {
    return new SlipwayException(
        ErrorKind.UNAVAILABLE,
        "no worker can run "
            + demand
            + ": none has joined the farm for "
            + QueueSettings.text(settings.workerPatience())
            + " (queue.worker-patience)");
  }

  /** Others are there. */
  SlipwayException nobodyRuns(Demand demand, Collection<Platform> offered) {
    return new SlipwayException(
        ErrorKind.INVALID,
        "no worker can run "
            + demand
            + ": "
            + (offered.isEmpty()
                ? "those that are here are leaving"
                : offered.contains(demand.platform())
                    ? "no worker for " + demand.platform() + " has these labels"
                    : "workers offer "
                        + offered.stream()
                            .sorted()
                            .map(Platform::id)
                            .collect(Collectors.joining(", ")))
            + ", and none that can joined within "
            + QueueSettings.text(settings.workerPatience())
            + " (queue.worker-patience)");
  }

  /** Why a stage waits that nobody could run now. */
  String awaitsWorker(Demand demand) {
    return "no worker for " + demand + " has joined";
  }

  /** Why a stage waits whose tenant runs enough. */
  String awaitsTenant(String tenant, int running) {
    return "tenant "
        + tenant
        + " runs "
        + running
        + " of "
        + settings.limits(tenant).maxRunning()
        + " stages";
  }

  private static SlipwayException exhausted(String message) {
    return new SlipwayException(ErrorKind.EXHAUSTED, message);
  }
}
