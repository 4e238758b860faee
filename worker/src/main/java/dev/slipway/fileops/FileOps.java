package dev.slipway.fileops;

import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import dev.slipway.graph.FileAction;
import dev.slipway.graph.Op;
import dev.slipway.layers.LayerLimits;
import dev.slipway.snapshot.MountedRoot;
import dev.slipway.snapshot.SnapshotStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Carries out file ops on the layers of a store. Actions that build on each other write into one
 * layer; a result that several use is committed first. @ThreadSafe
 */
public final class FileOps {
  private final SnapshotStore store;

  /** For ids of new layers: {@code snap:<random>}. */
  private final Supplier<String> ids;

  private final LayerLimits limits;

  public FileOps(SnapshotStore store, Supplier<String> ids) {
    this(store, ids, LayerLimits.DEFAULT);
  }

  /**
   * @param limits of archives that are unpacked
   */
  public FileOps(SnapshotStore store, Supplier<String> ids, LayerLimits limits) {
    this.store = store;
    this.ids = ids;
    this.limits = limits;
  }

  /**
   * Runs the actions in order and commits what they made.
   *
   * @param inputs the chain of each input of the vertex, by index; all layers must be here
   * @return the chain of each output, by output index
   * @throws SlipwayException the message is the one a client gets for the failed action
   */
  public Map<Integer, List<String>> run(Op.File op, List<List<String>> inputs)
      throws SlipwayException, InterruptedException {
    return run(op, inputs, false);
  }

  /**
   * The same.
   *
   * @param keepsFailures whether an action that fails becomes an {@link ActionFailure}
   */
  public Map<Integer, List<String>> run(
      Op.File op, List<List<String>> inputs, boolean keepsFailures)
      throws SlipwayException, InterruptedException {
    try (Running running = new Running(op.actions(), inputs)) {
      for (int i = 0; i < op.actions().size(); i++) {
        if (Thread.interrupted()) {
          throw new InterruptedException("file op was interrupted");
        }
        try {
          running.run(i);
        } catch (SlipwayException e) {
          throw keepsFailures ? new ActionFailure(e, i, running.left()) : e;
        }
      }
      return running.outputs();
    }
  }

  /** One op being run. */
  private final class Running implements AutoCloseable {
    private final List<FileAction> actions;
    private final List<List<String>> inputs;

    /** Results by action: written to still, or committed. */
    private final Map<Integer, MountedRoot> open = new HashMap<>();

    private final Map<Integer, List<String>> committed = new HashMap<>();

    /** Read-only roots by index of input or result. */
    private final Map<Integer, MountedRoot> sources = new HashMap<>();

    private final LinkedFiles linked = new LinkedFiles();

    Running(List<FileAction> actions, List<List<String>> inputs) {
      this.actions = actions;
      this.inputs = inputs;
    }

    void run(int index) throws SlipwayException, InterruptedException {
      FileAction action = actions.get(index);
      check(action.input(), index);
      check(action.secondaryInput(), index);
      MountedRoot target = takeTarget(action.input());
      open.put(index, target);
      Owners owners = new Owners(this::source);
      try {
        if (action.change() instanceof FileAction.Change.Copy copy) {
          int from = action.secondaryInput();
          new Copies(target, source(from), owners, linked, limits, looked(from)).copy(copy);
        } else {
          target.attach();
          new Changes(target, owners).apply(action.change());
        }
      } catch (IOException e) {
        throw new SlipwayException(ErrorKind.INVALID, Messages.of(e, target.path()), e);
      }
    }

    /**
     * The newest layer of an input that is only copied from, so that the step's key is made of what
     * is copied; empty where it is not.
     */
    private Optional<String> looked(int index) throws SlipwayException {
      boolean copiedFrom =
          index >= 0
              && index < inputs.size()
              && actions.stream().noneMatch(action -> action.input() == index);
      return copiedFrom && !chain(index).isEmpty()
          ? Optional.of(chain(index).getLast())
          : Optional.empty();
    }

    private void check(int index, int current) throws SlipwayException {
      if (index < -1 || index >= inputs.size() + current) {
        throw new SlipwayException(
            ErrorKind.INVALID, "file action " + current + " has the invalid input index " + index);
      }
    }

    /** The root that an action changes: the earlier result itself when nobody else needs it. */
    private MountedRoot takeTarget(int index) throws SlipwayException {
      int earlier = index - inputs.size();
      if (earlier >= 0
          && open.containsKey(earlier)
          && actions.get(earlier).output() < 0
          && users(index) == 1) {
        return open.remove(earlier);
      }
      return store.mount(chain(index), true);
    }

    private long users(int index) {
      return actions.stream()
          .mapToInt(a -> (a.input() == index ? 1 : 0) + (a.secondaryInput() == index ? 1 : 0))
          .sum();
    }

    private List<String> chain(int index) throws SlipwayException {
      if (index < 0) {
        return List.of();
      }
      return index < inputs.size() ? inputs.get(index) : result(index - inputs.size());
    }

    private List<String> result(int action) throws SlipwayException {
      List<String> chain = committed.get(action);
      if (chain != null) {
        return chain;
      }
      MountedRoot root = open.get(action);
      if (root == null) {
        throw new SlipwayException(
            ErrorKind.INVALID, "the result of file action " + action + " was changed by another");
      }
      String id = ids.get();
      root.commit(id, linked.origins());
      open.remove(action);
      List<String> made = new ArrayList<>(root.chain());
      made.add(id);
      committed.put(action, made);
      return made;
    }

    private MountedRoot source(int index) throws SlipwayException {
      MountedRoot source = sources.get(index);
      if (source == null) {
        source = store.mount(chain(index), false);
        sources.put(index, source);
      }
      return source;
    }

    Map<Integer, List<String>> outputs() throws SlipwayException {
      Map<Integer, List<String>> outputs = new HashMap<>();
      for (int i = 0; i < actions.size(); i++) {
        if (actions.get(i).output() >= 0) {
          outputs.put(actions.get(i).output(), result(i));
        }
      }
      return outputs;
    }

    /** Of every action that has a result still, whatever it is. */
    Map<Integer, List<String>> left() throws SlipwayException {
      for (int action : List.copyOf(open.keySet())) {
        result(action);
      }
      return committed;
    }

    @Override
    public void close() {
      open.values().forEach(MountedRoot::close);
      sources.values().forEach(MountedRoot::close);
    }
  }
}
