import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Checks or rewrites the layout of all Java sources with google-java-format. Maven runs it from the
 * root of the checkout; its arguments are {@code check} or {@code write}, and the formatter's jar.
 * A check looks only at sources changed since the last one that passed.
 */
final class Format {
  private static final String HOW_TO = "to format the sources: mvn -q -Pformat validate";

  private Format() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    boolean write = args[0].equals("write");
    Path jar = Path.of(args[1]);
    Path passed = jar.resolveSibling("passed");
    FileTime start = FileTime.fromMillis(System.currentTimeMillis());

    List<Path> sources = sources(write ? FileTime.fromMillis(0) : lastPassed(passed, jar));
    if (!sources.isEmpty()) {
      int status = format(jar, write, sources);
      if (status != 0) {
        System.err.println(
            write
                ? "format: some sources do not parse"
                : "format: the sources above are not formatted; " + HOW_TO);
        System.exit(1);
      }
    }
    Files.writeString(passed, "");
    Files.setLastModifiedTime(passed, start);
  }

  /** When all sources were last found well formatted by this version of the formatter, or 0. */
  private static FileTime lastPassed(Path passed, Path jar) throws IOException {
    FileTime never = FileTime.fromMillis(0);
    if (!Files.exists(passed)) {
      return never;
    }
    FileTime time = Files.getLastModifiedTime(passed);
    boolean sameRules =
        Stream.of(jar, Path.of("pom.xml"))
            .allMatch(f -> f.toFile().lastModified() < time.toMillis());
    return sameRules ? time : never;
  }

  private static List<Path> sources(FileTime changedSince) throws IOException {
    List<Path> sources = new ArrayList<>();
    List<Path> roots = new ArrayList<>(List.of(Path.of(".mvn", "format")));
    try (Stream<Path> modules = Files.list(Path.of(""))) {
      modules
          .filter(m -> Files.exists(m.resolve("pom.xml")))
          .map(m -> m.resolve("src"))
          .filter(Files::isDirectory)
          .forEach(roots::add);
    }
    for (Path root : roots) {
      try (Stream<Path> files = Files.walk(root)) {
        files
            .filter(
                f ->
                    f.toString().endsWith(".java")
                        && f.toFile().lastModified() >= changedSince.toMillis())
            .sorted()
            .forEach(sources::add);
      }
    }
    return sources;
  }

  private static int format(Path jar, boolean write, List<Path> sources)
      throws IOException, InterruptedException {
    Path list = jar.resolveSibling("sources");
    Files.write(list, sources.stream().map(Path::toString).toList());
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", jar.toString()));
    command.addAll(write ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
    command.add("@" + list);
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
