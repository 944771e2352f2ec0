package dev.gnomon.machine.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImageLoaderTest {
  private static final long MEMORY = 8L << 20;

  private final HostMemory host = HostMemory.reserve(8192);
  private final VirtualMachine vm =
      new VirtualMachine(
          new CpuThreads(new ThreadPlatform(host, 1 + VirtualMachine.HOST_CPUS, false)),
          SwapSpace.NONE,
          new VmConfig(MmuConfig.of(TdpKind.EPT, 1), MEMORY, 1, TlbConfig.DEFAULT),
          Rules.DEFAULTS);
  private final ImageLoader loader = new ImageLoader(vm);

  @AfterEach
  void close() {
    host.close();
  }

  private ByteBuffer memory(long gpa, int length) {
    byte[] bytes = new byte[length];
    vm.hostSpace().read(vm.hostCpu(0), PhysicalMemory.hpa(vm.baseHvn()) + gpa, bytes, 0, length);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private String text(long gpa) {
    byte[] bytes = memory(gpa, 256).array();
    int end = 0;
    while (bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  private static GuestImage multiboot(int gpa) {
    return GuestImage.read(
        "k", ImageBytes.withHeader(ImageBytes.elf32(gpa, gpa, gpa), 0xc0, 3).array());
  }

  @Test
  void segmentIsWhereItsHeaderSays() {
    loader.load(multiboot(0x10_0ff8), "k", List.of());
    assertThat(memory(0x10_0ff8, 16).array()).containsOnly(0x90);
    assertThat(memory(0x10_1008, 8).array()).containsOnly(0);
  }

  @Test
  void informationHasCommandLineAndMemorySizes() {
    ByteBuffer information = memory(loader.load(multiboot(0x10_0000), "k a=1 b", List.of()), 120);
    assertThat(information.getInt(0) & 0x45).isEqualTo(0x45);
    assertThat(information.getInt(4)).isEqualTo(639);
    assertThat(information.getInt(8)).isEqualTo((int) (MEMORY >> 10) - 1024);
    assertThat(text(information.getInt(16))).isEqualTo("k a=1 b");
    assertThat(text(information.getInt(64))).isEqualTo("gnomon");
  }

  @Test
  void memoryMapTellsWhatIsAvailable() {
    ByteBuffer information = memory(loader.load(multiboot(0x10_0000), "k", List.of()), 120);
    ByteBuffer map = memory(information.getInt(48), information.getInt(44));
    long available = 0;
    int at = 0;
    while (at < map.capacity()) {
      if (map.getInt(at + 20) == 1) {
        assertThat(map.getLong(at + 4)).isIn(0L, 0x10_0000L);
        available += map.getLong(at + 12);
      }
      at += map.getInt(at) + 4;
    }
    assertThat(at).isEqualTo(map.capacity());
    assertThat(available).isEqualTo(MEMORY - 0x10_0000 + 0x9_fc00);
  }

  @Test
  void modulesLieBehindTheImageOnPages() {
    List<BootModule> modules =
        List.of(new BootModule("one x", new byte[] {1}), new BootModule("two", new byte[] {2, 3}));
    ByteBuffer information = memory(loader.load(multiboot(0x10_0000), "k", modules), 120);
    assertThat(information.getInt(0) & 8).isEqualTo(8);
    assertThat(information.getInt(20)).isEqualTo(2);
    ByteBuffer table = memory(information.getInt(24), 32);
    assertThat(table.getInt(0)).isEqualTo(0x10_2000);
    assertThat(table.getInt(4)).isEqualTo(0x10_2001);
    assertThat(text(table.getInt(8))).isEqualTo("one x");
    assertThat(memory(table.getInt(16), 2).array()).containsExactly(2, 3);
  }

  @Test
  void informationGivesWayToTheImage() {
    assertThat(loader.load(multiboot(0x10_0000), "k", List.of())).isEqualTo(0x9000);
    assertThat(loader.load(multiboot(0x8000), "k", List.of())).isEqualTo(0x9_0000);
  }

  @Test
  void imageBeyondMemoryIsRefused() {
    assertThatThrownBy(() -> loader.load(multiboot(0x7f_f000), "k", List.of()))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "k: 0x7ff000 to 0x800fff does not lie in the guest's memory (8 MiB, from 0): see"
                + " --memory");
  }
}
