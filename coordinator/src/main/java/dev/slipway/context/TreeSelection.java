package dev.slipway.context;

import dev.slipway.context.ContextTree.Entry;
import dev.slipway.context.ContextTree.PathSelector;
import dev.slipway.pattern.PatternMatcher;
import dev.slipway.pattern.Wildcard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects the entries that copies read. Selects too much rather than too little: what is missing
 * here would be missing in the copy, what is too much only makes a cache key more sensitive.
 */
final class TreeSelection {
  private static final PatternMatcher NO_PATTERNS = PatternMatcher.of(List.of());

  private final List<Entry> entries;
  private final TreePaths paths;
  private final BitSet selected;

  TreeSelection(List<Entry> entries) {
    this.entries = entries;
    this.paths = new TreePaths(entries);
    this.selected = new BitSet(entries.size());
  }

  void add(PathSelector selector) {
    PatternMatcher includes = patterns(selector.includePatterns());
    PatternMatcher excludes = patterns(selector.excludePatterns());
    if (!selector.wildcard()) {
      addPath(selector.path(), selector.followSymlink(), includes, excludes);
      return;
    }
    List<String> parts =
        Arrays.stream(selector.path().split("/"))
            .filter(part -> !part.isEmpty() && !part.equals("."))
            .toList();
    int plain = 0;
    while (plain < parts.size() && !Wildcard.isWildcard(parts.get(plain))) {
      plain++;
    }
    String prefix = String.join("/", parts.subList(0, plain));
    if (plain == parts.size()) {
      addPath(prefix, selector.followSymlink(), includes, excludes);
      addPath(Wildcard.unescape(prefix), selector.followSymlink(), includes, excludes);
      return;
    }
    List<String> rest = parts.subList(plain, parts.size());
    paths
        .resolve(prefix, true, this::mark)
        .ifPresent(base -> addMatches(base, rest, selector, includes, excludes));
  }

  /**
   * The marked entries; hard links whose first name is not among them are given the first one that
   * is.
   */
  List<Entry> entries() {
    Map<String, String> names = new HashMap<>();
    List<Entry> result = new ArrayList<>(selected.cardinality());
    for (int i = selected.nextSetBit(0); i >= 0; i = selected.nextSetBit(i + 1)) {
      Entry entry = entries.get(i);
      if (FileMode.isRegular(entry.mode()) && !entry.linkName().isEmpty()) {
        String first = names.putIfAbsent(entry.linkName(), entry.path());
        entry = withLink(entry, first == null ? "" : first);
      } else if (FileMode.isRegular(entry.mode())) {
        names.putIfAbsent(entry.path(), entry.path());
      }
      result.add(entry);
    }
    return result;
  }

  private static Entry withLink(Entry entry, String link) {
    return new Entry(
        entry.path(),
        entry.mode(),
        entry.uid(),
        entry.gid(),
        entry.size(),
        entry.modificationTime(),
        link,
        entry.content());
  }

  private void addPath(
      String path, boolean follow, PatternMatcher includes, PatternMatcher excludes) {
    paths
        .resolve(path, follow, this::mark)
        .ifPresent(index -> addSubtree(index, includes, excludes));
  }

  private void addMatches(
      int directory,
      List<String> rest,
      PathSelector selector,
      PatternMatcher includes,
      PatternMatcher excludes) {
    if (!paths.isDirectory(directory)) {
      return;
    }
    for (int child : paths.children(directory)) {
      String name = paths.path(child).substring(paths.path(child).lastIndexOf('/') + 1);
      if (!matches(rest.getFirst(), name)) {
        continue;
      }
      if (rest.size() > 1) {
        addMatches(child, rest.subList(1, rest.size()), selector, includes, excludes);
      } else {
        addPath(paths.path(child), selector.followSymlink(), includes, excludes);
      }
    }
  }

  private void addSubtree(int top, PatternMatcher includes, PatternMatcher excludes) {
    mark(top);
    int skip = top == TreePaths.ROOT ? 0 : paths.path(top).length() + 1;
    boolean everything = includes.isEmpty() && excludes.isEmpty();
    for (int i = top + 1, end = paths.end(top); i < end; i++) {
      if (everything) {
        selected.set(i);
        continue;
      }
      String relative = entries.get(i).path().substring(skip);
      if ((includes.isEmpty() || includes.matches(relative)) && !excludes.matches(relative)) {
        mark(i);
      }
    }
  }

  /** Marks the entry and the directories that it is in. */
  private void mark(int index) {
    for (int i = index; i != TreePaths.ROOT && !selected.get(i); i = paths.parent(i)) {
      selected.set(i);
    }
  }

  /** A malformed pattern filters nothing: the copy itself reports it. */
  private static PatternMatcher patterns(List<String> patterns) {
    try {
      return PatternMatcher.of(patterns);
    } catch (IllegalArgumentException e) {
      return NO_PATTERNS;
    }
  }

  private static boolean matches(String pattern, String name) {
    try {
      return Wildcard.matches(pattern, name);
    } catch (IllegalArgumentException e) {
      return true;
    }
  }
}
