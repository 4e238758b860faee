package dev.slipway.session;

import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Where a client takes what its build exports: files, directories, content. Methods block; an
 * interrupt ends them. @ThreadSafe
 */
public interface ClientTargets {
  /**
   * Writes the client's output file.
   *
   * @param exporter position among the exporters of the solve request
   * @param metadata keys of the exporter response that the client sees before it opens the file
   * @return whether it was written: a client may have what it needs already
   * @throws SlipwayException UNSUPPORTED when the client takes no files, else what the client said
   */
  boolean file(int exporter, Map<String, String> metadata, Content content)
      throws SlipwayException, InterruptedException;

  /**
   * Writes a directory of the client, in which it keeps other files.
   *
   * @param exact whether the client may delete what is not sent; then it must be all in one tree
   * @param sent hears of the bytes sent so far
   */
  void directory(int exporter, boolean exact, Tree tree, LongConsumer sent)
      throws SlipwayException, InterruptedException;

  /** Writes a blob into the client's content store, unless it has it. */
  void blob(String digest, long size, Path file) throws SlipwayException, InterruptedException;

  /**
   * Asks the client what else to export.
   *
   * @param metadata of the result
   * @param references ids under which the client can look into the results
   * @return empty when it does not want to say
   */
  List<Wish> wishes(Map<String, byte[]> metadata, List<String> references)
      throws SlipwayException, InterruptedException;

  /** Tells the client that everything was exported. */
  void exported(Map<String, String> response) throws SlipwayException, InterruptedException;

  /** An exporter that the client wants. */
  record Wish(String type, Map<String, String> attributes) {
    public Wish {
      attributes = Map.copyOf(attributes);
    }
  }

  /** Gives a file's bytes. */
  interface Content {
    void writeTo(OutputStream out) throws IOException, SlipwayException, InterruptedException;
  }

  /** A directory tree, walked once; its files are read in any order, some never. */
  interface Tree {
    /** Gives all entries, in DiffCopy's order; docs/protocol.md#diffcopy. */
    void walk(Visitor visitor) throws IOException, SlipwayException, InterruptedException;

    /** Opens the content of the entry of that number, counted from 0. */
    InputStream open(int entry) throws IOException;
  }

  /** Takes entries. */
  interface Visitor {
    void visit(Entry entry) throws SlipwayException, InterruptedException;
  }

  /**
   * One file, directory or link.
   *
   * @param path slash separated, without leading slash
   * @param mode Go's os.FileMode bits
   * @param modified Unix nanoseconds
   * @param linkName target of a symbolic link, or the earlier path of the same file
   * @param attributes extended ones
   */
  record Entry(
      String path,
      int mode,
      int uid,
      int gid,
      long size,
      long modified,
      String linkName,
      long deviceMajor,
      long deviceMinor,
      Map<String, byte[]> attributes) {}
}
