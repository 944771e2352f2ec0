package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Reads a script: the lines about the machine, then sections. The grammar is in docs/scripts.md.
 */
final class ScriptParser {
  private static final int MOST_VCPUS = 64;
  private static final long MOST_TIMES = 1_000_000_000;

  private final String name;
  private final Tokens tokens;
  private final ConfigLines config;
  private final ExpressionParser numbers;
  private final GuestOperations guest;
  private final HostOperations host;

  private final List<Statement> prepare = new ArrayList<>();
  private final List<Statement> finish = new ArrayList<>();
  private final Map<Integer, List<Statement>> vcpus = new TreeMap<>();
  private final Map<Integer, List<Statement>> hosts = new TreeMap<>();
  private int leastVcpus = 1;
  private boolean isInHostSection;

  ScriptParser(String name, String text) {
    this.name = name;
    tokens = new Tokens(name, text);
    config = new ConfigLines(tokens, name);
    readConfig();
    IdentityTables tables = config.tables();
    numbers = new ExpressionParser(tokens, config.names(), tables);
    guest = new GuestOperations(tokens, numbers, tables != null);
    host = new HostOperations(tokens, numbers, config);
  }

  private void readConfig() {
    tokens.skipSeparators();
    while (ConfigLines.isKey(tokens.peek()) && !isSectionHead()) {
      config.read();
      tokens.skipSeparators();
    }
  }

  /**
   * Reads all of it.
   *
   * @throws InputException at the first thing that is wrong
   */
  Script parse() {
    while (tokens.peek().kind() != Token.Kind.END) {
      readSection();
      tokens.skipSeparators();
    }
    return new Script(
        name,
        config.vmConfig(leastVcpus, host.tracksWrites()),
        config.rules(),
        config.tables(),
        prepare,
        vcpus,
        hosts,
        finish);
  }

  // --- sections ---

  private boolean isSectionHead() {
    Token word = tokens.peek();
    return switch (word.text()) {
      case "prepare", "finally" -> tokens.peek(1).is(":");
      case "vcpu", "host" -> tokens.peek(1).kind() == Token.Kind.NUMBER && tokens.peek(2).is(":");
      default -> false;
    };
  }

  private void readSection() {
    if (!isSectionHead()) {
      throw tokens.expected(
          prepare.isEmpty() && vcpus.isEmpty() && hosts.isEmpty() && finish.isEmpty()
              ? "a setting, or a section: 'prepare:', 'vcpu N:', 'host N:' or 'finally:'"
              : "a section: 'prepare:', 'vcpu N:', 'host N:' or 'finally:'");
    }
    Token head = tokens.take();
    isInHostSection = head.is("host");
    switch (head.text()) {
      case "prepare" -> readInto(prepare, this::sequential);
      case "finally" -> readInto(finish, this::sequential);
      case "vcpu" -> readInto(newSection(head, vcpus, vcpuNumber()), this::ofVcpu);
      default ->
          readInto(
              newSection(
                  head,
                  hosts,
                  (int) tokens.number("a CPU of the host", 0, VirtualMachine.HOST_CPUS - 1)),
              this::ofHost);
    }
  }

  private int vcpuNumber() {
    int vcpu = (int) tokens.number("a vCPU", 0, MOST_VCPUS - 1);
    leastVcpus = Math.max(leastVcpus, vcpu + 1);
    return vcpu;
  }

  private List<Statement> newSection(
      Token head, Map<Integer, List<Statement>> sections, int number) {
    List<Statement> statements = new ArrayList<>();
    if (sections.put(number, statements) != null) {
      throw tokens.error(head, head.text() + " " + number + " has a section already");
    }
    return statements;
  }

  private void readInto(List<Statement> statements, Supplier<Statement> operation) {
    tokens.expect(":");
    tokens.skipSeparators();
    while (tokens.peek().kind() != Token.Kind.END && !isSectionHead()) {
      statements.add(statement(operation));
      tokens.endStatement();
      tokens.skipSeparators();
    }
  }

  // --- statements ---

  private Statement statement(Supplier<Statement> operation) {
    return tokens.peek().is("repeat") ? repeat(operation) : operation.get();
  }

  private Statement repeat(Supplier<Statement> operation) {
    Token head = tokens.take();
    long times = times(head);
    String counter = "";
    if (tokens.takeIf("as")) {
      Token word = tokens.word("a name for the counter");
      if (ExpressionParser.isReserved(word.text())) {
        throw tokens.error(word, word.describe() + " has a meaning already");
      }
      counter = word.text();
    }
    tokens.expect("{");
    int loop = numbers.enterLoop(counter);
    if (loop == Script.DEEPEST_LOOP) {
      throw tokens.error(head, "more than " + loop + " loops within each other");
    }
    List<Statement> body = new ArrayList<>();
    tokens.skipSeparators();
    while (!tokens.takeIf("}")) {
      if (tokens.peek().kind() == Token.Kind.END) {
        throw tokens.expected("'}'");
      }
      body.add(statement(operation));
      tokens.endStatement();
      tokens.skipSeparators();
    }
    numbers.leaveLoop();
    return new Statement.Repeat(head.line(), times, loop, body);
  }

  private long times(Token head) {
    if (!tokens.takeIf("while")) {
      return tokens.number("'while running' or a number of times", 0, MOST_TIMES);
    }
    tokens.expect("running");
    if (!isInHostSection) {
      throw tokens.error(head, "'repeat while running' is for the host, while vCPUs run");
    }
    return Statement.Repeat.WHILE_RUNNING;
  }

  private Statement ofVcpu() {
    if (!GuestOperations.isOne(tokens.peek())) {
      throw tokens.expected("repeat, " + GuestOperations.NAMES);
    }
    return guest.parse();
  }

  private Statement ofHost() {
    if (!HostOperations.isOne(tokens.peek())) {
      throw tokens.expected("repeat, " + HostOperations.NAMES);
    }
    return host.parse();
  }

  /** In the parts that run alone anyone may do anything; guest operations are vCPU 0's. */
  private Statement sequential() {
    Token word = tokens.peek();
    if (word.is("vcpu")) {
      tokens.take();
      return new Statement.OnVcpu(word.line(), vcpuNumber(), statement(this::ofVcpu));
    }
    if (word.is("stat")) {
      return host.stat();
    }
    if (GuestOperations.isOne(word)) {
      return new Statement.OnVcpu(word.line(), 0, guest.parse());
    }
    if (HostOperations.isOne(word)) {
      return host.parse();
    }
    throw tokens.expected(
        "repeat, vcpu, "
            + GuestOperations.NAMES.replace(" or ", ", ")
            + ", "
            + HostOperations.SEQUENTIAL_NAMES);
  }
}
