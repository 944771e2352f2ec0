package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two vCPUs that update the same bytes with LOCK lose nothing, however these are aligned. */
class LockedUpdateTest {
  private static final long TURNS = 3000;

  @ParameterizedTest
  @CsvSource({
    "f0ff06, 30000, 4, LOCK INC",
    "f048ff06, 30000, 8, LOCK INC of 8 bytes",
    "f066ff06, 30002, 2, LOCK INC of 2",
    "f048ff06, 30004, 8, within two words",
    "f0ff06, 30006, 4, within two words",
    "f066ff06, 30007, 2, within two words",
    "f048ff06, 30ffc, 8, in two pages",
    "f066ff06, 30fff, 2, in two pages",
    "f0480106, 30000, 8, LOCK ADD by 1",
    "f0480fc106 b801000000, 30000, 8, LOCK XADD by 1",
  })
  void nothingIsLost(String hex, String address, int size, String what) {
    try (CodeRig rig = new CodeRig(8, 2, new CodeRig.QuietBoard())) {
      int length = hex.replace(" ", "").length() / 2;
      // 1: the update; dec %ecx; jnz 1b; hlt
      String jump = "%02x".formatted(-(length + 4) & 0xff);
      rig.put(CodeRig.CODE, hex + "ffc9 75" + jump + "f4");
      long gpa = Long.parseLong(address, 16);
      for (int i = 0; i < 2; i++) {
        long[] gpr = rig.cpu(i).state().gpr;
        gpr[CpuState.RAX] = 1;
        gpr[CpuState.RCX] = TURNS;
        gpr[CpuState.RSI] = gpa;
      }
      rig.threads().start(0, "one", cpu -> rig.cpu(0).run(Long.MAX_VALUE));
      rig.threads().start(1, "two", cpu -> rig.cpu(1).run(Long.MAX_VALUE));
      rig.threads().join();
      long mask = size == 8 ? -1 : (1L << 8 * size) - 1;
      assertThat(rig.getLong(gpa) & mask).as(what).isEqualTo(2 * TURNS);
    }
  }
}
