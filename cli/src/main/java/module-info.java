/** The command {@code gnomon}. */
module dev.gnomon.cli {
  requires com.fasterxml.jackson.databind;
  requires dev.gnomon.checker;
  requires dev.gnomon.machine;
  requires dev.gnomon.mmu;
  requires info.picocli;
  requires io.github.javadiffutils;
  requires jdk.jfr;
  requires static org.jspecify;

  opens dev.gnomon.cli to
      info.picocli;
  opens dev.gnomon.cli.boot to
      info.picocli;
  opens dev.gnomon.cli.check to
      info.picocli;
  opens dev.gnomon.cli.event to
      info.picocli;
  opens dev.gnomon.cli.fuzz to
      info.picocli;
  opens dev.gnomon.cli.instructions to
      info.picocli;
  opens dev.gnomon.cli.kvm to
      info.picocli;
  opens dev.gnomon.cli.receive to
      info.picocli;
  opens dev.gnomon.cli.replay to
      info.picocli;
  opens dev.gnomon.cli.rules to
      info.picocli;
  opens dev.gnomon.cli.run to
      info.picocli;
  opens dev.gnomon.cli.stress to
      info.picocli;
  opens dev.gnomon.cli.usage to
      info.picocli;
  opens dev.gnomon.cli.vm to
      info.picocli;
}
