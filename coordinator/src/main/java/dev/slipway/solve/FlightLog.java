package dev.slipway.solve;

import com.google.protobuf.ByteString;
import dev.slipway.protocol.worker.StageEvent;
import dev.slipway.protocol.worker.StepLog;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a running step has said so far, for those who come late. Owned by its {@link Flight}. */
final class FlightLog {
  /** What clients show of one step at most is twice this; the newest part explains most. */
  private static final long MAX_BYTES = 1 << 20;

  /** Sub-lines of one step; a pull of an image with many layers has a few dozen. */
  private static final int MAX_STATUSES = 256;

  private static final int STDERR = 2;

  private final Deque<StageEvent> output = new ArrayDeque<>();
  private final Map<String, StageEvent> statuses =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, StageEvent> eldest) {
          return size() > MAX_STATUSES;
        }
      };
  private @Nullable StageEvent started;
  private long bytes;
  private long dropped;

  void add(StageEvent event) {
    switch (event.getEventCase()) {
      case STARTED -> started = event;
      case STATUS -> statuses.put(event.getStatus().getId(), event);
      case LOG -> {
        output.add(event);
        bytes += event.getLog().getData().size();
        while (bytes > MAX_BYTES) {
          int oldest = output.remove().getLog().getData().size();
          bytes -= oldest;
          dropped += oldest;
        }
      }
      case DONE, EVENT_NOT_SET -> {}
    }
  }

  void replay(Consumer<StageEvent> listener) {
    if (started != null) {
      listener.accept(started);
    }
    statuses.values().forEach(listener);
    if (dropped > 0) {
      String note = "[the first " + dropped + " bytes of the output were not kept]\n";
      listener.accept(
          output.getFirst().toBuilder()
              .setLog(StepLog.newBuilder().setStream(STDERR).setData(ByteString.copyFromUtf8(note)))
              .build());
    }
    output.forEach(listener);
  }
}
