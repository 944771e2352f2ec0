package dev.gnomon.machine.x86;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.x86.decode.Decoder;
import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;

/**
 * Decodes blocks. One ends with an instruction that may branch or change how what follows is
 * executed, with its page, or when it is long enough. It is made from a copy of its bytes, so what
 * is executed and what is compared later are the same even if memory changes meanwhile.
 *
 * <p>An instruction that lies in two pages is a block by itself that is not kept: two pages may
 * change, and the second may be mapped elsewhere.
 */
final class BlockMaker {
  private static final int PAGE = PhysicalMemory.FRAME_SIZE;
  private static final int MOST_BYTES = 240;
  private static final int MOST_INSTRUCTIONS = 48;

  private final X86Cpu cpu;
  private final Vcpu vcpu;
  private final PhysicalMemory memory;
  private final Decoder decoder = new Decoder();
  private final Operations operations;
  private final byte[] bytes = new byte[MOST_BYTES + Decoder.MAX_LENGTH];
  private final Operation[] made = new Operation[MOST_INSTRUCTIONS];
  private final short[] offsets = new short[MOST_INSTRUCTIONS + 1];
  private long tableEdits;

  BlockMaker(X86Cpu cpu, Vcpu vcpu, PhysicalMemory memory) {
    this.cpu = cpu;
    this.vcpu = vcpu;
    this.memory = memory;
    operations = new Operations(cpu.features());
  }

  /**
   * Makes the block that begins at an hpa, for a linear address that was just translated to it.
   *
   * @param cache where it is kept, if it can be
   * @throws GuestException if the first instruction goes on in a page that cannot be fetched
   */
  Block make(BlockCache cache, long hpa, long linear, long rip, int codeSize) {
    int inPage = PAGE - ((int) hpa & PAGE - 1);
    int known = Math.min(inPage, bytes.length);
    memory.read(hpa, bytes, 0, known);
    int count = decode(known, rip, codeSize);
    if (count == 0) {
      return makeCrossing(hpa, linear, rip, codeSize, inPage);
    }
    Block block = block(count, hpa, rip, codeSize);
    cache.add(block);
    return block;
  }

  /** The block of what lies where no memory is: ones. */
  Block makeOutside(long rip, int codeSize) {
    Arrays.fill(bytes, (byte) -1);
    return block(decode(Decoder.MAX_LENGTH, rip, codeSize), 0, rip, codeSize);
  }

  private Block makeCrossing(long hpa, long linear, long rip, int codeSize, int inPage) {
    long second = cpu.wrap(linear + inPage);
    long secondHpa;
    long firstHpa = hpa;
    while (true) {
      long exits = vcpu.exits();
      secondHpa = vcpu.executable(second);
      if (secondHpa < 0 || exits == vcpu.exits()) {
        break;
      }
      // The first page may be another since the vCPU was out.
      firstHpa = vcpu.executable(linear);
    }
    if (firstHpa >= 0) {
      memory.read(firstHpa, bytes, 0, inPage);
    }
    if (secondHpa < 0) {
      Arrays.fill(bytes, inPage, Decoder.MAX_LENGTH, (byte) -1);
    } else {
      memory.read(secondHpa, bytes, inPage, Decoder.MAX_LENGTH - inPage);
    }
    int count = decode(Decoder.MAX_LENGTH, rip, codeSize);
    return block(Math.min(count, 1), hpa, rip, codeSize);
  }

  private Block block(int count, long hpa, long rip, int codeSize) {
    return new Block(
        hpa,
        rip,
        codeSize,
        Arrays.copyOf(made, count),
        Arrays.copyOf(offsets, count + 1),
        tableEdits,
        bytes);
  }

  /** Decodes what it can; returns how many instructions, 0 if not even one is known in full. */
  private int decode(int known, long rip, int codeSize) {
    tableEdits = 0;
    int count = 0;
    int at = 0;
    boolean isEnd = false;
    while (!isEnd && count < MOST_INSTRUCTIONS && at < MOST_BYTES) {
      Instruction instruction = decoder.decode(bytes, at, known, rip + at, codeSize);
      if (instruction == null) {
        break;
      }
      made[count] = operations.make(instruction);
      tableEdits |= instruction.mnemonic().editsTables() ? 1L << count : 0;
      at += instruction.length();
      count++;
      offsets[count] = (short) at;
      isEnd = instruction.endsBlock();
    }
    return count;
  }
}
