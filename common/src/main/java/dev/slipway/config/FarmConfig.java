package dev.slipway.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import dev.slipway.error.ErrorKind;
import dev.slipway.error.SlipwayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a farm's TOML file says; the keys are those of buildkitd.toml, so that an existing file can
 * be used as it is. Command line options win over it.
 *
 * @param root directory of all state
 * @param addresses endpoints, {@code tcp://host:port} or {@code unix://path}; empty = the default
 * @param tls of the endpoint's TCP addresses; empty = plain text
 * @param httpTls of the page, REST and metrics; empty = plain text
 * @param entitlements what builds may ask for: {@code network.host}
 * @param registries by host name
 * @param maxParallelism steps that run at once on one worker
 * @param platforms all that workers may build for; empty = what they can
 * @param farm how its processes reach each other
 * @param cluster which coordinators form the farm
 * @param access who may use the farm
 * @param tenants what their builds may use, by name
 * @param queue how stages wait
 * @param durability what outlives a worker
 * @param gc what workers keep on their disks
 * @param layers what a layer from outside may cost
 * @param egress what build steps may reach
 * @param otel where traces go
 * @param noProcessSandbox whether steps see their worker's processes
 * @param unused keys that buildkitd knows and Slipway has no use for
 */
public record FarmConfig(
    Optional<Path> root,
    List<String> addresses,
    Optional<TlsFiles> tls,
    Optional<TlsFiles> httpTls,
    List<String> entitlements,
    Map<String, Registry> registries,
    OptionalInt maxParallelism,
    List<String> platforms,
    FarmSettings farm,
    ClusterSettings cluster,
    AccessSettings access,
    Map<String, TenantSettings> tenants,
    QueueSettings queue,
    DurabilitySettings durability,
    GcSettings gc,
    LayerSettings layers,
    EgressSettings egress,
    OtelSettings otel,
    boolean noProcessSandbox,
    List<String> unused) {
  public static final FarmConfig DEFAULT =
      new FarmConfig(
          Optional.empty(),
          List.of(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          Map.of(),
          OptionalInt.empty(),
          List.of(),
          FarmSettings.DEFAULT,
          ClusterSettings.DEFAULT,
          AccessSettings.DEFAULT,
          Map.of(),
          QueueSettings.DEFAULT,
          DurabilitySettings.DEFAULT,
          GcSettings.DEFAULT,
          LayerSettings.DEFAULT,
          EgressSettings.DEFAULT,
          OtelSettings.DEFAULT,
          false,
          List.of());

  public FarmConfig {
    addresses = List.copyOf(addresses);
    entitlements = List.copyOf(entitlements);
    registries = Map.copyOf(registries);
    tenants = Map.copyOf(tenants);
    platforms = List.copyOf(platforms);
    unused = List.copyOf(unused);
  }

  /**
   * How one registry host is reached.
   *
   * @param mirrors {@code host[:port][/path]}, asked first, in order
   * @param http plain http; false = https, or http on loopback
   * @param insecure https without verification
   */
  public record Registry(List<String> mirrors, boolean http, boolean insecure) {
    public Registry {
      mirrors = List.copyOf(mirrors);
    }
  }

  /**
   * Reads the file. @throws SlipwayException NOT_FOUND when it cannot be read, INVALID when it is
   * wrong; the message names the key
   */
  public static FarmConfig read(Path file) throws SlipwayException {
    try {
      return parse(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new SlipwayException(
          ErrorKind.NOT_FOUND, "reading configuration " + file + " failed: " + e, e);
    }
  }

  /** Parses TOML; {@code name} is what errors call it. */
  public static FarmConfig parse(String toml, String name) throws SlipwayException {
    JsonNode tree;
    try {
      tree = new TomlMapper().readTree(toml);
    } catch (JsonProcessingException e) {
      throw new SlipwayException(
          ErrorKind.INVALID, "configuration " + name + " is not TOML: " + e.getMessage(), e);
    }
    return new Parser(name).farm(tree);
  }

  private static final class Parser {
    private final List<String> unused = new java.util.ArrayList<>();
    private final String name;

    Parser(String name) {
      this.name = name;
    }

    FarmConfig farm(JsonNode tree) throws SlipwayException {
      Optional<Path> root = Optional.empty();
      List<String> addresses = List.of();
      Optional<TlsFiles> tls = Optional.empty();
      Optional<TlsFiles> httpTls = Optional.empty();
      List<String> entitlements = List.of();
      Map<String, Registry> registries = new LinkedHashMap<>();
      OptionalInt parallelism = OptionalInt.empty();
      List<String> platforms = List.of();
      FarmSettings farm = FarmSettings.DEFAULT;
      ClusterSettings cluster = ClusterSettings.DEFAULT;
      AccessSettings access = AccessSettings.DEFAULT;
      Map<String, TenantSettings> tenants = Map.of();
      QueueSettings queue = QueueSettings.DEFAULT;
      DurabilitySettings durability = DurabilitySettings.DEFAULT;
      GcSettings gc = GcSettings.DEFAULT;
      LayerSettings layers = LayerSettings.DEFAULT;
      EgressSettings egress = EgressSettings.DEFAULT;
      OtelSettings otel = OtelSettings.DEFAULT;
      boolean noProcessSandbox = false;
      for (Map.Entry<String, JsonNode> entry : tree.properties()) {
        String key = entry.getKey();
        JsonNode value = entry.getValue();
        switch (key) {
          case "root" -> root = Optional.of(Path.of(text(key, value)));
          case "insecure-entitlements" -> entitlements = texts(key, value);
          case "grpc" -> {
            addresses = grpc(table(key, value));
            if (value.has("tls")) {
              tls =
                  Optional.of(
                      TlsFiles.read(new TomlTable(name, "grpc.tls", value.get("tls")), "grpc.tls"));
            }
          }
          case "http" -> httpTls = httpTls(new TomlTable(name, key, value));
          case "farm" -> farm = FarmSettings.read(new TomlTable(name, key, value));
          case "cluster" -> cluster = ClusterSettings.read(new TomlTable(name, key, value));
          case "access" -> access = AccessSettings.read(new TomlTable(name, key, value));
          case "tenant" -> tenants = tenants(table(key, value));
          case "queue" -> queue = QueueSettings.read(new TomlTable(name, key, value));
          case "otel" -> otel = OtelSettings.read(new TomlTable(name, key, value));
          case "durability" ->
              durability = DurabilitySettings.read(new TomlTable(name, key, value));
          case "registry" -> {
            for (Map.Entry<String, JsonNode> host : table(key, value).properties()) {
              String path = "registry.\"" + host.getKey() + "\"";
              registries.put(host.getKey(), registry(path, table(path, host.getValue())));
            }
          }
          case "worker" -> {
            for (Map.Entry<String, JsonNode> worker : table(key, value).properties()) {
              switch (worker.getKey()) {
                case "oci" -> {
                  JsonNode oci = table("worker.oci", worker.getValue());
                  parallelism = parallelism(oci);
                  gc = GcSettings.read(new TomlTable(name, "worker.oci", oci));
                  layers = LayerSettings.read(new TomlTable(name, "worker.oci", oci));
                  if (oci.has("egress")) {
                    egress =
                        EgressSettings.read(
                            new TomlTable(name, "worker.oci.egress", oci.get("egress")));
                  }
                  noProcessSandbox =
                      oci.has("noProcessSandbox")
                          && flag("worker.oci.noProcessSandbox", oci.get("noProcessSandbox"));
                  platforms =
                      oci.has("platforms")
                          ? texts("worker.oci.platforms", oci.get("platforms"))
                          : List.of();
                }
                case "containerd" -> unused.add("worker.containerd");
                default -> throw unknown("worker." + worker.getKey());
              }
            }
          }
          default -> skip(key, key, BuildkitdKeys.TOP);
        }
      }
      return new FarmConfig(
          root,
          addresses,
          tls,
          httpTls,
          entitlements,
          registries,
          parallelism,
          platforms,
          farm,
          cluster,
          access,
          tenants,
          queue,
          durability,
          gc,
          layers,
          egress,
          otel,
          noProcessSandbox,
          unused);
    }

    private Map<String, TenantSettings> tenants(JsonNode table) throws SlipwayException {
      Map<String, TenantSettings> tenants = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : table.properties()) {
        String path = "tenant." + entry.getKey();
        if (!entry.getKey().equals(TenantSettings.OTHERS)
            && !TenantSettings.NAME.matcher(entry.getKey()).matches()) {
          throw invalid(path, "named with 1 to 64 of a-z, 0-9, '.', '_', '-', or \"*\"");
        }
        tenants.put(
            entry.getKey(), TenantSettings.read(new TomlTable(name, path, entry.getValue())));
      }
      return tenants;
    }

    private static Optional<TlsFiles> httpTls(TomlTable http) throws SlipwayException {
      Optional<TomlTable> files = http.table("tls");
      http.end();
      if (files.isEmpty()) {
        return Optional.empty();
      }
      TlsFiles read = TlsFiles.read(files.get(), "http.tls");
      if (read.ca().isPresent()) {
        throw files.get().invalid("ca", "left out: people show no certificates there");
      }
      return Optional.of(read);
    }

    private List<String> grpc(JsonNode table) throws SlipwayException {
      List<String> addresses = List.of();
      for (Map.Entry<String, JsonNode> entry : table.properties()) {
        String path = "grpc." + entry.getKey();
        switch (entry.getKey()) {
          case "address" -> addresses = texts(path, entry.getValue());
          case "tls" -> {}
          default -> skip(path, entry.getKey(), BuildkitdKeys.GRPC);
        }
      }
      return addresses;
    }

    private Registry registry(String path, JsonNode table) throws SlipwayException {
      List<String> mirrors = List.of();
      boolean http = false;
      boolean insecure = false;
      for (Map.Entry<String, JsonNode> entry : table.properties()) {
        String key = path + "." + entry.getKey();
        switch (entry.getKey()) {
          case "mirrors" -> mirrors = texts(key, entry.getValue());
          case "http" -> http = flag(key, entry.getValue());
          case "insecure" -> insecure = flag(key, entry.getValue());
          default -> skip(key, entry.getKey(), BuildkitdKeys.REGISTRY);
        }
      }
      return new Registry(mirrors, http, insecure);
    }

    private OptionalInt parallelism(JsonNode oci) throws SlipwayException {
      OptionalInt parallelism = OptionalInt.empty();
      for (Map.Entry<String, JsonNode> entry : oci.properties()) {
        String path = "worker.oci." + entry.getKey();
        switch (entry.getKey()) {
          case "max-parallelism" -> {
            if (!entry.getValue().isInt() || entry.getValue().intValue() < 1) {
              throw invalid(path, "a number of at least 1");
            }
            parallelism = OptionalInt.of(entry.getValue().intValue());
          }
          case "platforms", "egress", "noProcessSandbox" -> {}
          default -> {
            if (!GcSettings.KEYS.contains(entry.getKey())
                && !LayerSettings.KEYS.contains(entry.getKey())) {
              skip(path, entry.getKey(), BuildkitdKeys.OCI_WORKER);
            }
          }
        }
      }
      return parallelism;
    }

    private void skip(String path, String key, java.util.Set<String> known)
        throws SlipwayException {
      if (!known.contains(key)) {
        throw unknown(path);
      }
      unused.add(path);
    }

    private JsonNode table(String path, JsonNode value) throws SlipwayException {
      if (!value.isObject()) {
        throw invalid(path, "a table");
      }
      return value;
    }

    private String text(String path, JsonNode value) throws SlipwayException {
      if (!value.isTextual() || value.textValue().isEmpty()) {
        throw invalid(path, "a text");
      }
      return value.textValue();
    }

    private boolean flag(String path, JsonNode value) throws SlipwayException {
      if (!value.isBoolean()) {
        throw invalid(path, "true or false");
      }
      return value.booleanValue();
    }

    private List<String> texts(String path, JsonNode value) throws SlipwayException {
      if (!value.isArray()) {
        throw invalid(path, "a list of texts");
      }
      List<String> texts = new java.util.ArrayList<>();
      for (JsonNode item : value) {
        texts.add(text(path, item));
      }
      return texts;
    }

    private SlipwayException unknown(String path) {
      return new SlipwayException(
          ErrorKind.INVALID, "configuration " + name + " has the unknown key " + path);
    }

    private SlipwayException invalid(String path, String expected) {
      return new SlipwayException(
          ErrorKind.INVALID, "configuration " + name + ": " + path + " must be " + expected);
    }
  }
}
