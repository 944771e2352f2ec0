package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A script: a machine, and what its vCPUs and its host do, operation by operation. Specified in
 * {@code docs/scripts.md}. Immutable.
 */
public final class Script {
  /** How many loops may be within each other. */
  static final int DEEPEST_LOOP = 16;

  /** For tables, the swap space's bookkeeping, and pages on the move. */
  private static final long SPARE_FRAMES = 8192;

  private final String name;
  private final VmConfig vmConfig;
  private final Rules rules;
  private final @Nullable InitialTables tables;
  private final List<Statement> prepare;
  private final SortedMap<Integer, List<Statement>> vcpus;
  private final SortedMap<Integer, List<Statement>> hosts;
  private final List<Statement> finish;
  private final boolean waitsForVcpus;
  private final WrittenPages writtenPages;

  Script(
      String name,
      VmConfig vmConfig,
      Rules rules,
      @Nullable InitialTables tables,
      List<Statement> prepare,
      Map<Integer, List<Statement>> vcpus,
      Map<Integer, List<Statement>> hosts,
      List<Statement> finish,
      boolean waitsForVcpus) {
    this.name = name;
    this.vmConfig = vmConfig;
    this.rules = rules;
    this.tables = tables;
    this.prepare = List.copyOf(prepare);
    this.vcpus = new TreeMap<>(vcpus);
    this.hosts = new TreeMap<>(hosts);
    this.finish = List.copyOf(finish);
    this.waitsForVcpus = waitsForVcpus;
    writtenPages = WrittenPages.of(this);
  }

  /**
   * Reads a script.
   *
   * @param name for messages: {@code NAME:LINE:COLUMN: expected ..., found ...}
   * @throws InputException at the first thing that is wrong with it
   */
  public static Script parse(String name, String text) {
    return parse(name, text, Dialect.SCRIPT);
  }

  /**
   * Reads a script in a language that has more than scripts have.
   *
   * @param dialect told of what it adds, in the order of the text
   * @throws InputException at the first thing that is wrong with it
   */
  public static Script parse(String name, String text, Dialect dialect) {
    return new ScriptParser(name, text, dialect).parse();
  }

  /** What messages call it. */
  public String name() {
    return name;
  }

  /** The VM that it describes. */
  public VmConfig vmConfig() {
    return vmConfig;
  }

  /** The rules that it sets; the others are at their defaults. */
  public Rules rules() {
    return rules;
  }

  /** How many sections run at once. */
  public int threads() {
    return vcpus.size() + hosts.size();
  }

  /** How many CPUs its execution must have. */
  public int cpus() {
    return vmConfig.mmu().vcpus() + VirtualMachine.HOST_CPUS;
  }

  /** How many frames of host memory are enough for it. */
  public long frames() {
    return 2 * PhysicalMemory.pfn(vmConfig.memoryBytes()) + SPARE_FRAMES;
  }

  @Nullable InitialTables tables() {
    return tables;
  }

  List<Statement> prepare() {
    return prepare;
  }

  SortedMap<Integer, List<Statement>> vcpus() {
    return vcpus;
  }

  SortedMap<Integer, List<Statement>> hosts() {
    return hosts;
  }

  List<Statement> finish() {
    return finish;
  }

  /** What its vCPUs may write. */
  WrittenPages writtenPages() {
    return writtenPages;
  }

  /** Whether any of the host's sections goes on as long as vCPUs run. */
  boolean waitsForVcpus() {
    return waitsForVcpus;
  }

  /** An error that shows only when the script runs. */
  InputException error(int line, String message) {
    return new InputException(name + ":" + line + ": " + message);
  }
}
