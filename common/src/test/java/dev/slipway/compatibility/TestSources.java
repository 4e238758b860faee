package dev.slipway.compatibility;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewArrayTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Reads {@link Claim}s from test sources with the JDK's own parser; nothing has to be compiled. */
final class TestSources {
  private static final String FEATURE = "Feature";
  private static final String REFUSED = "Refused";

  private TestSources() {}

  /**
   * What the tests of all modules below a source tree say.
   *
   * @throws IllegalArgumentException if a claim is not one that the page can show; it names the
   *     test
   */
  static List<Claim> claims(Path tree) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> modules = Files.list(tree)) {
      for (Path module : modules.sorted().toList()) {
        Path tests = module.resolve("src/test/java");
        if (Files.isDirectory(tests)) {
          files.addAll(claiming(tests));
        }
      }
    }
    return files.isEmpty() ? List.of() : parse(files);
  }

  private static List<Path> claiming(Path tests) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> all = Files.walk(tests)) {
      for (Path file : all.filter(path -> path.toString().endsWith(".java")).sorted().toList()) {
        String text = Files.readString(file);
        if (text.contains("@" + FEATURE + "(") || text.contains("@" + REFUSED + "(")) {
          found.add(file);
        }
      }
    }
    return found;
  }

  private static List<Claim> parse(List<Path> files) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    Reader reader = new Reader();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
      for (CompilationUnitTree unit : task.parse()) {
        unit.accept(reader, "");
      }
    }
    return reader.claims;
  }

  /** Goes through a file; what is passed down is the name of the class around. */
  private static final class Reader extends TreeScanner<Void, String> {
    private final List<Claim> claims = new ArrayList<>();

    @Override
    public Void visitClass(ClassTree node, String around) {
      String name = node.getSimpleName().toString();
      return super.visitClass(node, around.isEmpty() ? name : around + "." + name);
    }

    @Override
    public Void visitMethod(MethodTree node, String around) {
      String test = around + "." + node.getName();
      List<? extends AnnotationTree> annotations = node.getModifiers().getAnnotations();
      for (AnnotationTree annotation : annotations) {
        String kind = annotation.getAnnotationType().toString();
        if (kind.equals(FEATURE) || kind.equals(REFUSED)) {
          require(runs(annotations), test, "is no test that runs");
          add(test, kind.equals(REFUSED), arguments(annotation));
        }
      }
      return super.visitMethod(node, around);
    }

    private void add(String test, boolean refused, Map<String, ExpressionTree> arguments) {
      Area area =
          arguments.containsKey("area") ? area(arguments.get("area"), test) : Area.DOCKERFILE;
      ExpressionTree words = arguments.get(refused ? "why" : "note");
      String said = words == null ? "" : text(words, test);
      require(!refused || !said.isBlank(), test, "does not say why");
      for (ExpressionTree feature : elements(arguments.get("value"))) {
        String name = text(feature, test);
        require(!name.isBlank(), test, "names no feature");
        claims.add(new Claim(area, name, refused, said, test));
      }
    }

    private static boolean runs(List<? extends AnnotationTree> annotations) {
      List<String> names =
          annotations.stream().map(each -> each.getAnnotationType().toString()).toList();
      return !names.contains("Disabled")
          && names.stream()
              .anyMatch(
                  List.of("Test", "ParameterizedTest", "TestFactory", "RepeatedTest")::contains);
    }

    private static Map<String, ExpressionTree> arguments(AnnotationTree annotation) {
      Map<String, ExpressionTree> named = new HashMap<>();
      for (ExpressionTree argument : annotation.getArguments()) {
        if (argument instanceof AssignmentTree assignment) {
          named.put(assignment.getVariable().toString(), assignment.getExpression());
        } else {
          named.put("value", argument);
        }
      }
      return named;
    }

    private static List<? extends ExpressionTree> elements(ExpressionTree value) {
      return value instanceof NewArrayTree array ? array.getInitializers() : List.of(value);
    }

    private static Area area(ExpressionTree value, String test) {
      String name =
          switch (value) {
            case MemberSelectTree select -> select.getIdentifier().toString();
            case IdentifierTree identifier -> identifier.getName().toString();
            default -> throw new IllegalArgumentException(test + ": " + value + " is no area");
          };
      return Area.valueOf(name);
    }

    private static String text(ExpressionTree value, String test) {
      return switch (value) {
        case LiteralTree literal when literal.getValue() instanceof String text -> text;
        case BinaryTree sum -> text(sum.getLeftOperand(), test) + text(sum.getRightOperand(), test);
        default -> throw new IllegalArgumentException(test + ": " + value + " is no literal");
      };
    }

    private static void require(boolean fact, String test, String otherwise) {
      if (!fact) {
        throw new IllegalArgumentException(test + " " + otherwise);
      }
    }
  }
}
