package dev.gnomon.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.processor.Vcpu;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** The guest kernel's frames. */
class FramePoolTest {
  private static void run(BiConsumer<FramePool, Vcpu> code) {
    try (GuestRig rig = GuestRig.onThreads(GuestRig.tdp(1))) {
      GuestKernel kernel =
          new GuestKernel(4, rig.vm, new GuestConfig(false, false, 1, GuestConfig.DEFAULT_SLICE));
      rig.run(
          kernel,
          vcpu -> {
            kernel.boot(vcpu, 0);
            code.accept(kernel.memory().pool(), vcpu);
          });
    }
  }

  @Test
  void whatCameBackLastIsGivenFirst() {
    run(
        (pool, vcpu) -> {
          long first = pool.allocate(vcpu);
          long second = pool.allocate(vcpu);
          pool.release(vcpu, first);
          pool.release(vcpu, second);
          assertThat(pool.allocate(vcpu)).isEqualTo(second);
          assertThat(pool.allocate(vcpu)).isEqualTo(first);
        });
  }

  @Test
  void aFrameComesBackWhenItsLastUserIsGone() {
    run(
        (pool, vcpu) -> {
          long gpa = pool.allocate(vcpu);
          pool.retain(vcpu, gpa, 1);
          pool.release(vcpu, gpa);
          assertThat(pool.references(vcpu, gpa)).isEqualTo(1);
          assertThat(pool.allocate(vcpu)).isNotEqualTo(gpa);
          pool.release(vcpu, gpa);
          assertThat(pool.allocate(vcpu)).isEqualTo(gpa);
        });
  }

  @Test
  void aTableIsZerosThoughItsFrameWasUsed() {
    run(
        (pool, vcpu) -> {
          long gpa = pool.allocate(vcpu);
          long at = new AddressLayout(4).physicalMap() + gpa;
          vcpu.writeLong(at + 4088, 7);
          pool.release(vcpu, gpa);
          assertThat(pool.allocateTable(vcpu)).isEqualTo(gpa);
          assertThat(vcpu.readLong(at + 4088)).isZero();
        });
  }

  @Test
  void noFrameIsGivenTwice() {
    run(
        (pool, vcpu) -> {
          Random random = new Random(1);
          List<Long> given = new ArrayList<>();
          Set<Long> inUse = new HashSet<>();
          for (int i = 0; i < 3000; i++) {
            if (given.isEmpty() || random.nextInt(5) < 3) {
              long gpa = pool.allocate(vcpu);
              assertThat(inUse.add(gpa)).isTrue();
              given.add(gpa);
            } else {
              long gpa = given.remove(random.nextInt(given.size()));
              inUse.remove(gpa);
              pool.release(vcpu, gpa);
            }
          }
        });
  }
}
