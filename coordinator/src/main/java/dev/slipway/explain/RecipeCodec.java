package dev.slipway.explain;

import dev.slipway.cluster.Codec;
import dev.slipway.explain.Explanation.Earlier;
import dev.slipway.explain.Recipe.Input;
import dev.slipway.explain.Recipe.Step;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/**
 * How recipes and explanations look in the cluster's maps: deflated, a version byte, then the
 * fields in order as {@link DataOutputStream} writes them, counts before what they count. Prints
 * are there once, inputs name them by number.
 */
final class RecipeCodec {
  private static final int VERSION = 1;

  static final Codec<List<Recipe>> RECIPES =
      codec(
          (out, recipes) -> list(out, recipes, recipe -> write(out, recipe)),
          in -> list(in, () -> readRecipe(in)));
  static final Codec<Explanation> EXPLANATION =
      codec(RecipeCodec::write, RecipeCodec::readExplanation);

  static final Codec<Provenance> PROVENANCE =
      codec(RecipeCodec::write, RecipeCodec::readProvenance);

  private static final int RESULT = 1;
  private static final int IMAGE = 2;
  private static final int FILES = 3;

  private RecipeCodec() {}

  private static void write(DataOutputStream out, Recipe recipe) throws IOException {
    out.writeUTF(recipe.buildId());
    out.writeLong(recipe.at().toEpochMilli());
    out.writeUTF(recipe.trustDomain());
    out.writeLong(recipe.identity());
    List<TreePrint> prints =
        recipe.steps().stream()
            .flatMap(step -> step.inputs().stream())
            .filter(Input.Files.class::isInstance)
            .map(input -> ((Input.Files) input).print())
            .distinct()
            .toList();
    list(
        out,
        prints,
        print -> {
          out.writeInt(print.levels());
          out.writeInt(print.entries().length);
          for (long entry : print.entries()) {
            out.writeLong(entry);
          }
        });
    list(out, recipe.steps(), step -> write(out, step, prints));
  }

  private static Recipe readRecipe(DataInputStream in) throws IOException {
    String build = in.readUTF();
    Instant at = Instant.ofEpochMilli(in.readLong());
    String domain = in.readUTF();
    long identity = in.readLong();
    List<TreePrint> prints =
        list(
            in,
            () -> {
              int levels = in.readInt();
              long[] entries = new long[in.readInt()];
              for (int i = 0; i < entries.length; i++) {
                entries[i] = in.readLong();
              }
              return new TreePrint(levels, entries);
            });
    return new Recipe(build, at, domain, identity, list(in, () -> readStep(in, prints)));
  }

  private static void write(DataOutputStream out, Step step, List<TreePrint> prints)
      throws IOException {
    out.writeUTF(step.place());
    out.writeUTF(step.text());
    out.writeUTF(step.platform());
    out.writeLong(step.key());
    out.writeLong(step.operation());
    out.writeInt(step.facets().size());
    for (Map.Entry<String, Long> facet : step.facets().entrySet()) {
      out.writeUTF(facet.getKey());
      out.writeLong(facet.getValue());
    }
    list(
        out,
        step.inputs(),
        input -> {
          switch (input) {
            case Input.Result(int from, long key) -> {
              out.writeByte(RESULT);
              out.writeInt(from);
              out.writeLong(key);
            }
            case Input.Image(String name, String digest) -> {
              out.writeByte(IMAGE);
              out.writeUTF(name);
              out.writeUTF(digest);
            }
            case Input.Files(String directory, long content, TreePrint print) -> {
              out.writeByte(FILES);
              out.writeUTF(directory);
              out.writeLong(content);
              out.writeInt(prints.indexOf(print));
            }
          }
        });
    out.writeBoolean(step.finished());
    out.writeUTF(step.worker());
  }

  private static Step readStep(DataInputStream in, List<TreePrint> prints) throws IOException {
    String place = in.readUTF();
    String text = in.readUTF();
    String platform = in.readUTF();
    long key = in.readLong();
    long operation = in.readLong();
    Map<String, Long> facets = new HashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      facets.put(in.readUTF(), in.readLong());
    }
    List<Input> inputs =
        list(
            in,
            () -> {
              int kind = in.readByte();
              return switch (kind) {
                case RESULT -> new Input.Result(in.readInt(), in.readLong());
                case IMAGE -> new Input.Image(in.readUTF(), in.readUTF());
                case FILES ->
                    new Input.Files(in.readUTF(), in.readLong(), prints.get(in.readInt()));
                default -> throw new IOException("there is no input of kind " + kind);
              };
            });
    return new Step(
        place, text, platform, key, operation, facets, inputs, in.readBoolean(), in.readUTF());
  }

  private static void write(DataOutputStream out, Explanation explanation) throws IOException {
    out.writeUTF(explanation.buildId());
    out.writeUTF(explanation.tenant());
    out.writeBoolean(explanation.compared().isPresent());
    if (explanation.compared().isPresent()) {
      out.writeUTF(explanation.compared().get().buildId());
      out.writeLong(explanation.compared().get().at().toEpochMilli());
    }
    out.writeInt(explanation.cached());
    list(
        out,
        explanation.steps(),
        step -> {
          out.writeUTF(step.vertex());
          out.writeUTF(step.label());
          out.writeUTF(step.outcome().name());
          out.writeUTF(step.worker());
          out.writeUTF(step.reason().kind().name());
          out.writeUTF(step.reason().text());
        });
  }

  private static Explanation readExplanation(DataInputStream in) throws IOException {
    String build = in.readUTF();
    String tenant = in.readUTF();
    Optional<Earlier> compared =
        in.readBoolean()
            ? Optional.of(new Earlier(in.readUTF(), Instant.ofEpochMilli(in.readLong())))
            : Optional.empty();
    int cached = in.readInt();
    List<Explanation.Step> steps =
        list(
            in,
            () ->
                new Explanation.Step(
                    in.readUTF(),
                    in.readUTF(),
                    Outcome.valueOf(in.readUTF()),
                    in.readUTF(),
                    new Reason(Reason.Kind.valueOf(in.readUTF()), in.readUTF())));
    return new Explanation(build, tenant, compared, cached, steps);
  }

  private static void write(DataOutputStream out, Provenance provenance) throws IOException {
    out.writeUTF(provenance.tenant());
    out.writeUTF(provenance.trustDomain());
    out.writeUTF(provenance.build());
    out.writeUTF(provenance.name());
    out.writeUTF(provenance.step());
    out.writeUTF(provenance.platform());
    out.writeUTF(provenance.worker());
    out.writeLong(provenance.at().toEpochMilli());
    list(out, provenance.ingredients(), out::writeUTF);
  }

  private static Provenance readProvenance(DataInputStream in) throws IOException {
    return new Provenance(
        in.readUTF(),
        in.readUTF(),
        in.readUTF(),
        in.readUTF(),
        in.readUTF(),
        in.readUTF(),
        in.readUTF(),
        Instant.ofEpochMilli(in.readLong()),
        list(in, in::readUTF));
  }

  private interface Write<V> {
    void write(V value) throws IOException;
  }

  private interface Read<V> {
    V read() throws IOException;
  }

  private static <V> void list(DataOutputStream out, List<V> values, Write<V> each)
      throws IOException {
    out.writeInt(values.size());
    for (V value : values) {
      each.write(value);
    }
  }

  private static <V> List<V> list(DataInputStream in, Read<V> each) throws IOException {
    List<V> values = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      values.add(each.read());
    }
    return values;
  }

  private interface Writer<V> {
    void write(DataOutputStream out, V value) throws IOException;
  }

  private interface Reader<V> {
    V read(DataInputStream in) throws IOException;
  }

  private static <V> Codec<V> codec(Writer<V> writer, Reader<V> reader) {
    return new Codec<>() {
      @Override
      public byte[] encode(V value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
          out.writeByte(VERSION);
          writer.write(out, value);
        } catch (IOException e) {
          throw new UncheckedIOException("a recipe could not be encoded", e);
        }
        return bytes.toByteArray();
      }

      @Override
      public V decode(byte[] bytes) {
        try (DataInputStream in =
            new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(bytes)))) {
          int version = in.readByte();
          if (version != VERSION) {
            throw new IOException("it is of version " + version);
          }
          return reader.read(in);
        } catch (IOException e) {
          throw new UncheckedIOException("a recipe could not be decoded", e);
        }
      }
    };
  }
}
