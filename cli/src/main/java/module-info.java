/** The command {@code gnomon}. */
module dev.gnomon.cli {
  requires com.fasterxml.jackson.databind;
  requires dev.gnomon.machine;
  requires info.picocli;
  requires static org.jspecify;

  opens dev.gnomon.cli to
      info.picocli;
}
