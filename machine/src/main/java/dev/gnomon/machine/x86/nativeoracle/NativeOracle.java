package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs generated programs on the machine's own processor and by our engine, and compares how they
 * end. Used by one thread.
 */
public final class NativeOracle implements AutoCloseable {
  private final NativeProcessor nativeProcessor;
  private final EngineProcessor engine;
  private final ProgramGenerator generator;
  private final Program program;
  private final RegisterState ours = new RegisterState();
  private final RegisterState theirs = new RegisterState();
  private final Tally tally = new Tally();

  /**
   * Makes one.
   *
   * @param only the mnemonics to try; all that can be tried if empty
   * @throws dev.gnomon.machine.InputException if this machine cannot: {@link
   *     NativeProcessor#obstacle}
   * @throws IllegalArgumentException if none of the mnemonics can be tried
   */
  public NativeOracle(Collection<Mnemonic> only) {
    nativeProcessor = NativeProcessor.open();
    try {
      HostFeatures host = new HostFeatures(nativeProcessor);
      Selection selection = new Selection(host, only);
      if (selection.groups(true).isEmpty() && !selection.has32BitCode()) {
        throw new IllegalArgumentException("none of these instructions can be tried: " + only);
      }
      generator = new ProgramGenerator(selection, host);
      engine = new EngineProcessor(nativeProcessor.arena());
      program = new Program(nativeProcessor.arena());
    } catch (RuntimeException | Error e) {
      nativeProcessor.close();
      throw e;
    }
  }

  /**
   * Runs the program of a seed on both.
   *
   * @return null if they agree
   */
  public @Nullable Difference run(long seed) {
    generator.generate(seed, program);
    ours.set(program.before);
    theirs.set(program.before);
    String stopped = engine.run(program, ours);
    nativeProcessor.run(
        program.code, program.code.length, Program.BEGIN, program.ends(), program.is64, theirs);
    boolean differs = !stopped.isEmpty() || !ours.equals(theirs, program.comparedFlags);
    tally.count(program, differs);
    return differs
        ? new Difference(seed, program.copy(), ours.copy(), theirs.copy(), stopped)
        : null;
  }

  /** What was counted so far. */
  public Tally tally() {
    return tally;
  }

  /** Whether 32-bit code is tried too. */
  public boolean has32BitCode() {
    return generator.selection().has32BitCode();
  }

  /** The mnemonics that this machine does not have: its processor, or for want of 32-bit code. */
  public Set<Mnemonic> lacking() {
    return Set.copyOf(generator.selection().lacking());
  }

  /** The mnemonics that cannot be tried as a part of a user's program. */
  public static Set<Mnemonic> untried() {
    return Selection.untried();
  }

  @Override
  public void close() {
    engine.close();
    nativeProcessor.close();
  }
}
