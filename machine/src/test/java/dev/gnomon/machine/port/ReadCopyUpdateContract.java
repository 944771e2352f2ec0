package dev.gnomon.machine.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import org.junit.jupiter.api.Test;

/** {@link ReadCopyUpdate} on a back end. */
abstract class ReadCopyUpdateContract {
  private static final int CPUS = 3;

  private final Backend backend;

  ReadCopyUpdateContract(Backend backend) {
    this.backend = backend;
  }

  /** One published node; a node is a word that holds 1 while it may be looked at. */
  private static final class Published {
    final SharedWords nodes;
    final SharedWords head;
    final SharedWords reclaimed;
    final ReadCopyUpdate rcu;

    Published(Execution execution, int count) {
      Platform platform = execution.platform();
      nodes = platform.newWords(count);
      head = platform.newWords(1);
      reclaimed = platform.newWords(1);
      nodes.set(0, 1);
      rcu =
          execution
              .synchronization()
              .readCopyUpdate(
                  (cpu, node) -> {
                    assertThat(nodes.getAndSet((int) node, 0)).as("reclaimed once").isEqualTo(1);
                    reclaimed.getAndAdd(0, 1);
                  });
    }

    void read(Cpu cpu) {
      rcu.readLock(cpu);
      int node = (int) head.get(0);
      assertThat(nodes.get(node)).as("node %d", node).isEqualTo(1);
      assertThat(nodes.get(node)).as("node %d, still", node).isEqualTo(1);
      rcu.readUnlock(cpu);
    }

    void replace(Cpu cpu, int node) {
      nodes.set(node, 1);
      rcu.retire(cpu, head.getAndSet(0, node));
    }
  }

  private interface Body {
    void run(Cpu cpu, Published published);
  }

  /** One CPU replaces the node over and over, the others read it. */
  private void replaceUnderReaders(Body afterEach) {
    backend.explore(
        CPUS,
        execution -> {
          int count = backend.repeats();
          Published published = new Published(execution, count + 1);
          Meeting start = new Meeting(execution.platform(), CPUS);
          for (int i = 1; i < CPUS; i++) {
            execution.start(
                i,
                "reads " + i,
                cpu -> {
                  start.meet(cpu);
                  for (int round = 0; round < count; round++) {
                    published.read(cpu);
                  }
                });
          }
          execution.start(
              0,
              "replaces",
              cpu -> {
                start.meet(cpu);
                for (int node = 1; node <= count; node++) {
                  published.replace(cpu, node);
                  afterEach.run(cpu, published);
                }
              });
          execution.join();
          published.rcu.poll(execution.cpu(0));
          assertThat(published.rcu.pending(execution.cpu(0))).isZero();
          assertThat(published.reclaimed.get(0)).isEqualTo(count);
        });
  }

  @Test
  void pollReclaimsNothingThatAReaderMaySee() {
    replaceUnderReaders((cpu, published) -> published.rcu.poll(cpu));
  }

  @Test
  void drainReclaimsEverythingAndNothingThatAReaderMaySee() {
    replaceUnderReaders(
        (cpu, published) -> {
          published.rcu.drain(cpu);
          assertThat(published.rcu.pending(cpu)).isZero();
        });
  }

  @Test
  void synchronizeReturnsWhenNoReaderMaySeeWhatWasUnlinked() {
    backend.explore(
        2,
        execution -> {
          Platform platform = execution.platform();
          ReadCopyUpdate rcu = execution.synchronization().readCopyUpdate(ReadCopyUpdate.NOTHING);
          SharedWords linked = platform.newWords(1);
          SharedWords freed = platform.newWords(1);
          execution.start(
              0,
              "unlinks",
              cpu -> {
                for (int round = 0; round < backend.repeats(); round++) {
                  freed.set(0, 0);
                  linked.set(0, 1);
                  linked.set(0, 0);
                  rcu.synchronize(cpu);
                  freed.set(0, 1);
                }
              });
          execution.start(
              1,
              "reads",
              cpu -> {
                for (int round = 0; round < backend.repeats(); round++) {
                  rcu.readLock(cpu);
                  if (linked.get(0) == 1) {
                    assertThat(freed.get(0)).isZero();
                    assertThat(freed.get(0)).isZero();
                  }
                  rcu.readUnlock(cpu);
                }
              });
          execution.join();
        });
  }

  @Test
  void severalCpusRetireAtOnce() {
    backend.explore(
        CPUS,
        execution -> {
          int count = backend.repeats();
          Published published = new Published(execution, CPUS * count + 1);
          for (int i = 0; i < CPUS; i++) {
            execution.start(
                i,
                "replaces and reads " + i,
                cpu -> {
                  for (int round = 0; round < count; round++) {
                    published.replace(cpu, 1 + cpu.index() * count + round);
                    published.read(cpu);
                    published.rcu.poll(cpu);
                  }
                  published.rcu.drain(cpu);
                });
          }
          execution.join();
          assertThat(published.reclaimed.get(0)).isEqualTo((long) CPUS * count);
        });
  }

  @Test
  void whatWasRetiredWaitsForTheReaderThatWasThere() {
    alone(
        (published, cpu, reader) -> {
          published.rcu.readLock(reader);
          published.replace(cpu, 1);
          published.rcu.poll(cpu);
          assertThat(published.rcu.pending(cpu)).isEqualTo(1);
          published.rcu.readUnlock(reader);
          published.rcu.poll(cpu);
          assertThat(published.rcu.pending(cpu)).isZero();
        });
  }

  @Test
  void whatWasRetiredDoesNotWaitForAReaderThatCameLater() {
    alone(
        (published, cpu, reader) -> {
          published.replace(cpu, 1);
          published.rcu.readLock(reader);
          published.rcu.poll(cpu);
          assertThat(published.rcu.pending(cpu)).isZero();
          published.replace(cpu, 2);
          published.rcu.poll(cpu);
          assertThat(published.rcu.pending(cpu)).isEqualTo(1);
          published.rcu.readUnlock(reader);
        });
  }

  private interface Sequence {
    void run(Published published, Cpu cpu, Cpu reader);
  }

  private void alone(Sequence sequence) {
    backend.explore(
        2,
        (Execution execution) ->
            sequence.run(new Published(execution, 3), execution.cpu(0), execution.cpu(1)));
  }
}
