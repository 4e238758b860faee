package dev.slipway.queue;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.oci.Platform;
import dev.slipway.protocol.LlbCodec;
import dev.slipway.protocol.coordinator.Assigned;
import dev.slipway.protocol.coordinator.FinishStage;
import dev.slipway.protocol.coordinator.Introduction;
import dev.slipway.protocol.coordinator.Lost;
import dev.slipway.protocol.coordinator.RefuseStage;
import dev.slipway.protocol.coordinator.ScheduleNotice;
import dev.slipway.protocol.coordinator.ScheduleRequest;
import dev.slipway.protocol.coordinator.SubmitStage;
import dev.slipway.protocol.coordinator.Unplaceable;
import dev.slipway.protocol.coordinator.Waiting;
import dev.slipway.protocol.coordinator.WithdrawStage;
import dev.slipway.schedule.Demand;
import dev.slipway.schedule.Past;
import dev.slipway.schedule.StageRequest;
import java.time.Duration;
import java.util.Optional;

/** The queue's words on the wire. */
final class QueueMessages {
  private QueueMessages() {}

  static ScheduleRequest introduction(String coordinatorId) {
    return ScheduleRequest.newBuilder()
        .setIntroduction(Introduction.newBuilder().setCoordinatorId(coordinatorId))
        .build();
  }

  static ScheduleRequest submit(StageRequest request, Past past) {
    Platform platform = request.demand().platform();
    return ScheduleRequest.newBuilder()
        .setSubmit(
            SubmitStage.newBuilder()
                .setStageId(request.stageId())
                .setBuildId(request.buildId())
                .setTenant(request.tenant())
                .setPriority(request.priority())
                .setPlatform(
                    dev.slipway.protocol.buildkit.ops.Platform.newBuilder()
                        .setOS(platform.os())
                        .setArchitecture(platform.architecture())
                        .setVariant(platform.variant())
                        .setOSVersion(platform.osVersion()))
                .putAllLabels(request.demand().labels())
                .putAllBytesByWorker(request.bytesByWorker())
                .setRunningOn(past.runningOn())
                .setWaitedMillis(past.waited().toMillis())
                .setAgain(request.again()))
        .build();
  }

  static ScheduleRequest withdraw(String stageId) {
    return ScheduleRequest.newBuilder()
        .setWithdraw(WithdrawStage.newBuilder().setStageId(stageId))
        .build();
  }

  static ScheduleRequest finish(String stageId) {
    return ScheduleRequest.newBuilder()
        .setFinish(FinishStage.newBuilder().setStageId(stageId))
        .build();
  }

  static ScheduleRequest refuse(String stageId, String reason) {
    return ScheduleRequest.newBuilder()
        .setRefuse(RefuseStage.newBuilder().setStageId(stageId).setReason(reason))
        .build();
  }

  /**
   * @throws SlipwayException INVALID when the platform is none
   */
  static StageRequest request(SubmitStage submit) throws SlipwayException {
    return new StageRequest(
        submit.getStageId(),
        submit.getBuildId(),
        submit.getTenant(),
        submit.getPriority(),
        new Demand(LlbCodec.decodePlatform(submit.getPlatform()), submit.getLabelsMap()),
        submit.getBytesByWorkerMap(),
        submit.getAgain());
  }

  static Past past(SubmitStage submit) {
    return new Past(Duration.ofMillis(submit.getWaitedMillis()), submit.getRunningOn());
  }

  static ScheduleNotice notice(News news) {
    ScheduleNotice.Builder notice = ScheduleNotice.newBuilder().setStageId(news.stageId());
    switch (news) {
      case News.Assigned(_, var workerId) ->
          notice.setAssigned(Assigned.newBuilder().setWorkerId(workerId));
      case News.Waiting(_, int ahead, var reason) ->
          notice.setWaiting(Waiting.newBuilder().setAhead(ahead).setReason(reason));
      case News.Lost(_, var workerId) -> notice.setLost(Lost.newBuilder().setWorkerId(workerId));
      case News.Failed(_, var reason) ->
          notice.setUnplaceable(
              Unplaceable.newBuilder()
                  .setError(reason.getMessage())
                  .setErrorKind(reason.kind().name()));
    }
    return notice.build();
  }

  /** Empty for a notice of a kind that is not known. */
  static Optional<News> news(ScheduleNotice notice) {
    String stageId = notice.getStageId();
    return switch (notice.getNoticeCase()) {
      case ASSIGNED -> Optional.of(new News.Assigned(stageId, notice.getAssigned().getWorkerId()));
      case WAITING ->
          Optional.of(
              new News.Waiting(
                  stageId, notice.getWaiting().getAhead(), notice.getWaiting().getReason()));
      case LOST -> Optional.of(new News.Lost(stageId, notice.getLost().getWorkerId()));
      case UNPLACEABLE ->
          Optional.of(
              new News.Failed(
                  stageId,
                  new SlipwayException(
                      kind(notice.getUnplaceable().getErrorKind()),
                      notice.getUnplaceable().getError())));
      case NOTICE_NOT_SET -> Optional.empty();
    };
  }

  private static ErrorKind kind(String name) {
    for (ErrorKind kind : ErrorKind.values()) {
      if (kind.name().equals(name)) {
        return kind;
      }
    }
    return ErrorKind.INTERNAL;
  }
}
