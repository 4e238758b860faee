package dev.slipway.queue;

import dev.slipway.coordination.CoordinatorRecord;
import dev.slipway.coordination.Coordinators;
import dev.slipway.error.SlipwayException;
import io.grpc.Channel;
import java.util.List;

/** Who has the farm's queue: the oldest coordinator. @ThreadSafe */
public interface Leadership {
  /** The id of this coordinator. */
  String self();

  /** The ids of those that are live, oldest first; empty before this one is among them. */
  List<String> live();

  /** Calls the listener whenever {@link #live} has changed; it must not block. */
  void onChange(Runnable listener);

  /** The way to another coordinator. @throws SlipwayException UNAVAILABLE when it is not live */
  Channel channel(String id) throws SlipwayException;

  /** As the cluster says. */
  static Leadership of(Coordinators coordinators) {
    return new Leadership() {
      @Override
      public String self() {
        return coordinators.selfId();
      }

      @Override
      public List<String> live() {
        return coordinators.all().stream().map(CoordinatorRecord::id).toList();
      }

      @Override
      public void onChange(Runnable listener) {
        coordinators.onChange(_ -> listener.run());
      }

      @Override
      public Channel channel(String id) throws SlipwayException {
        return coordinators.channel(id);
      }
    };
  }
}
