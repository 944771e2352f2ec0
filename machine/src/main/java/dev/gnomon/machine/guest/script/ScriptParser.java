package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Reads a script: the lines about the machine, then sections. The grammar is in docs/scripts.md.
 */
final class ScriptParser {
  private static final int MOST_VCPUS = 64;
  private static final long MOST_TIMES = 1_000_000_000;

  private final Tokens tokens;
  private final Dialect dialect;
  private final ConfigLines config;
  private final ExpressionParser numbers;
  private final ExpectationParser expectations;
  private final GuestOperations guest;
  private final HostOperations host;

  private final List<Statement> prepare = new ArrayList<>();
  private final List<Statement> finish = new ArrayList<>();
  private final Map<Integer, List<Statement>> vcpus = new TreeMap<>();
  private final Map<Integer, List<Statement>> hosts = new TreeMap<>();
  private final Supplier<Statement> ofHost = this::hostOperation;
  private int leastVcpus = 1;
  private boolean waitsForVcpus;

  ScriptParser(String name, String text, Dialect dialect) {
    this.dialect = dialect;
    tokens = new Tokens(name, text);
    config = new ConfigLines(tokens, dialect);
    readConfig();
    InitialTables tables = config.tables();
    IdentityTables made = tables instanceof IdentityTables identity ? identity : null;
    numbers = new ExpressionParser(tokens, config.names(), made);
    expectations = new ExpectationParser(tokens, numbers, tables != null);
    guest = new GuestOperations(tokens, numbers, expectations);
    host = new HostOperations(tokens, numbers, expectations, config);
  }

  private void readConfig() {
    tokens.skipSeparators();
    while (config.isKey(tokens.peek()) && !isSectionHead()) {
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
        tokens.name(),
        config.vmConfig(leastVcpus, host.tracksWrites()),
        config.rules(),
        config.tables(),
        prepare,
        vcpus,
        hosts,
        finish,
        waitsForVcpus);
  }

  // --- sections ---

  private boolean isSectionHead() {
    Token word = tokens.peek();
    return switch (word.text()) {
      case "prepare", "finally" -> tokens.peek(1).is(":");
      case "vcpu", "host" ->
          tokens.peek(1).kind() == Token.Kind.NUMBER
              && (tokens.peek(2).is(":") || tokens.peek(2).is("|"));
      default -> dialect.sections().contains(word.text()) && tokens.peek(1).is(":");
    };
  }

  private void readSection() {
    if (!isSectionHead()) {
      boolean isFirst = prepare.isEmpty() && vcpus.isEmpty() && hosts.isEmpty() && finish.isEmpty();
      throw tokens.expected((isFirst ? "a setting, or " : "") + sectionNames());
    }
    Token head = tokens.peek();
    expectations.setUsual(head.is("finally") ? Concern.NO_WRITE_LOST : Concern.EXPECTATION);
    if (tokens.peek(2).is("|")) {
      readTable();
      return;
    }
    switch (head.text()) {
      case "vcpu", "host" -> {
        Column column = newColumn();
        tokens.expect(":");
        readInto(column.statements(), column.operation());
      }
      case "prepare", "finally" -> {
        tokens.take();
        tokens.expect(":");
        readInto(head.is("prepare") ? prepare : finish, this::sequential);
      }
      default -> {
        tokens.take();
        tokens.expect(":");
        dialect.readSection(head, tokens);
      }
    }
  }

  private String sectionNames() {
    StringBuilder others = new StringBuilder();
    dialect.sections().forEach(section -> others.append(", '").append(section).append(":'"));
    return "a section: 'prepare:', 'vcpu N:', 'host N:'" + others + " or 'finally:'";
  }

  /** The statements of one thread, and how another of them is read. */
  private record Column(List<Statement> statements, Supplier<Statement> operation) {}

  /** Takes {@code vcpu N} or {@code host N}. */
  private Column newColumn() {
    Token head = tokens.peek();
    switch (tokens.oneOf(Set.of("vcpu", "host"))) {
      case "vcpu" -> {
        return new Column(newSection(head, vcpus, vcpuNumber()), this::ofVcpu);
      }
      default -> {
        long number = tokens.number("a CPU of the host", 0, VirtualMachine.HOST_CPUS - 1);
        return new Column(newSection(head, hosts, (int) number), ofHost);
      }
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
    tokens.skipSeparators();
    while (tokens.peek().kind() != Token.Kind.END && !isSectionHead()) {
      statements.add(statement(operation));
      tokens.endStatement();
      tokens.skipSeparators();
    }
  }

  /** Threads side by side: a column each; that operations share a row means nothing. */
  private void readTable() {
    List<Column> columns = new ArrayList<>();
    do {
      columns.add(newColumn());
    } while (tokens.takeIf("|"));
    endRow();
    tokens.skipSeparators();
    while (tokens.peek().kind() != Token.Kind.END && !isSectionHead()) {
      for (int i = 0; i < columns.size(); i++) {
        if (i > 0) {
          tokens.expect("|");
        }
        readCell(columns.get(i));
      }
      endRow();
      tokens.skipSeparators();
    }
  }

  private void readCell(Column column) {
    while (!isCellEnd()) {
      column.statements().add(statement(column.operation()));
      if (!tokens.takeIf(";") && !isCellEnd()) {
        throw tokens.expected("'|' or the end of the line");
      }
    }
  }

  private boolean isCellEnd() {
    Token.Kind kind = tokens.peek().kind();
    return tokens.peek().is("|") || kind == Token.Kind.NEWLINE || kind == Token.Kind.END;
  }

  private void endRow() {
    Token.Kind kind = tokens.peek().kind();
    if (kind != Token.Kind.NEWLINE && kind != Token.Kind.END) {
      throw tokens.expected("the end of the line");
    }
  }

  // --- statements ---

  private Statement statement(Supplier<Statement> operation) {
    return tokens.peek().is("repeat") ? repeat(operation) : operation.get();
  }

  private Statement repeat(Supplier<Statement> operation) {
    Token head = tokens.take();
    long times = times(head, operation);
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

  private long times(Token head, Supplier<Statement> operation) {
    if (!tokens.takeIf("while")) {
      return tokens.number("'while running' or a number of times", 0, MOST_TIMES);
    }
    tokens.expect("running");
    if (operation != ofHost) {
      throw tokens.error(head, "'repeat while running' is for the host, while vCPUs run");
    }
    waitsForVcpus = true;
    return Statement.Repeat.WHILE_RUNNING;
  }

  private Statement ofVcpu() {
    if (!GuestOperations.isOne(tokens.peek())) {
      throw tokens.expected("repeat, " + GuestOperations.NAMES);
    }
    return guest.parse();
  }

  private Statement hostOperation() {
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
