package dev.slipway.progress;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The stages of one build, the first ones of a very large one. Not thread-safe. */
public final class StageRecords {
  /** What a record weighs beside its texts: a guess of its objects. */
  private static final int WEIGHT = 400;

  private static final int STEP_WEIGHT = 100;

  private static final int MAX_STAGES = 2000;

  private final Map<String, StageRecord> stages = new LinkedHashMap<>();
  private long bytes;

  /** Takes the news in; those of a stage that is not kept are dropped. */
  public void add(StageNews news) {
    StageRecord before = stages.get(news.stageId());
    if (before != null) {
      stages.put(news.stageId(), before.after(news));
    } else if (news instanceof StageNews.Queued queued && stages.size() < MAX_STAGES) {
      stages.put(news.stageId(), StageRecord.of(queued));
      bytes += WEIGHT + STEP_WEIGHT * queued.steps().size();
    }
  }

  /** All of them, in the order in which they were queued. */
  public List<StageRecord> all() {
    return List.copyOf(stages.values());
  }

  /** Estimated bytes that they take. */
  public long size() {
    return bytes;
  }
}
