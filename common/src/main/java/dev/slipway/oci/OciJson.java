package dev.slipway.oci;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.util.List;

/**
 * The JSON of OCI documents, byte for byte as the Go programs of this world write it: indented by
 * two blanks for manifests and indexes, compact for configurations, with {@code <}, {@code >} and
 * {@code &} escaped. @ThreadSafe
 */
public final class OciJson {
  private static final ObjectMapper MAPPER = mapper();

  private OciJson() {}

  private static ObjectMapper mapper() {
    SimpleModule values = new SimpleModule("oci");
    values.addSerializer(new DigestWriter());
    values.addDeserializer(Digest.class, new DigestReader());
    values.addSerializer(new PlatformWriter());
    values.addDeserializer(Platform.class, new PlatformReader());
    ObjectMapper mapper =
        JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(values)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    mapper.getFactory().setCharacterEscapes(new GoEscapes());
    return mapper;
  }

  /** The value as compact JSON. */
  public static byte[] compact(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("value of " + value.getClass() + " has no JSON form", e);
    }
  }

  /** The value as JSON indented by two blanks, no newline at the end. */
  public static byte[] indented(Object value) {
    Separators separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withObjectEmptySeparator("")
            .withArrayEmptySeparator("");
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(separators)
            .withObjectIndenter(indenter)
            .withArrayIndenter(indenter);
    try {
      return MAPPER.writer(printer).writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("value of " + value.getClass() + " has no JSON form", e);
    }
  }

  /** The value as a tree, free to be changed. */
  public static JsonNode toTree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /**
   * @throws SlipwayException INVALID when the bytes are not an image manifest
   */
  public static Manifest manifest(byte[] json) throws SlipwayException {
    return read(json, Manifest.class, "an image manifest");
  }

  /**
   * @throws SlipwayException INVALID when the bytes are not an image index
   */
  public static ImageIndex index(byte[] json) throws SlipwayException {
    return read(json, ImageIndex.class, "an image index");
  }

  /**
   * @throws SlipwayException INVALID when the bytes are not a descriptor
   */
  public static Descriptor descriptor(byte[] json) throws SlipwayException {
    return read(json, Descriptor.class, "a descriptor");
  }

  /**
   * @throws SlipwayException INVALID when the bytes are not JSON
   */
  public static JsonNode tree(byte[] json) throws SlipwayException {
    return read(json, JsonNode.class, "JSON");
  }

  private static <T> T read(byte[] json, Class<T> type, String what) throws SlipwayException {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw new SlipwayException(ErrorKind.INVALID, "null is not " + what);
      }
      return value;
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "this is not " + what + ": " + firstLine(e.getMessage()), e);
    }
  }

  private static String firstLine(String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }

  /** What Go's encoder escapes beyond the standard. */
  private static final class GoEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1L;

    private final int[] ascii = standardAsciiEscapesForJSON();

    GoEscapes() {
      for (char special : new char[] {'<', '>', '&', '\b', '\f'}) {
        ascii[special] = ESCAPE_CUSTOM;
      }
    }

    @Override
    public int[] getEscapeCodesForAscii() {
      return ascii;
    }

    @Override
    public SerializableString getEscapeSequence(int character) {
      return switch (character) {
        case '<', '>', '&', 0x2028, 0x2029 ->
            new SerializedString(String.format("\\u%04x", character));
        case '\b' -> new SerializedString("\\b");
        case '\f' -> new SerializedString("\\f");
        default -> null;
      };
    }
  }

  private static final class DigestWriter extends StdSerializer<Digest> {
    private static final long serialVersionUID = 1L;

    DigestWriter() {
      super(Digest.class);
    }

    @Override
    public void serialize(Digest digest, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(digest.value());
    }
  }

  private static final class DigestReader extends StdDeserializer<Digest> {
    private static final long serialVersionUID = 1L;

    DigestReader() {
      super(Digest.class);
    }

    @Override
    public Digest deserialize(JsonParser in, DeserializationContext context) throws IOException {
      String text = in.getValueAsString();
      if (text == null || !Digest.isDigest(text)) {
        return (Digest) context.handleWeirdStringValue(Digest.class, text, "not a sha256 digest");
      }
      return new Digest(text);
    }
  }

  /** Writes the fields in the order of the Go structure. */
  private static final class PlatformWriter extends StdSerializer<Platform> {
    private static final long serialVersionUID = 1L;

    PlatformWriter() {
      super(Platform.class);
    }

    @Override
    public void serialize(Platform platform, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeStartObject();
      out.writeStringField("architecture", platform.architecture());
      out.writeStringField("os", platform.os());
      if (!platform.osVersion().isEmpty()) {
        out.writeStringField("os.version", platform.osVersion());
      }
      if (!platform.variant().isEmpty()) {
        out.writeStringField("variant", platform.variant());
      }
      out.writeEndObject();
    }
  }

  private static final class PlatformReader extends StdDeserializer<Platform> {
    private static final long serialVersionUID = 1L;

    PlatformReader() {
      super(Platform.class);
    }

    @Override
    public Platform deserialize(JsonParser in, DeserializationContext context) throws IOException {
      JsonNode node = context.readTree(in);
      List<String> fields = List.of("os", "architecture", "variant", "os.version");
      List<String> values = fields.stream().map(field -> node.path(field).asText("")).toList();
      String os = values.get(0).isEmpty() ? "unknown" : values.get(0);
      String architecture = values.get(1).isEmpty() ? "unknown" : values.get(1);
      return new Platform(os, architecture, values.get(2), values.get(3));
    }
  }
}
