package dev.gnomon.cli.kvm;

import dev.gnomon.cli.replay.Difference;
import dev.gnomon.machine.kvm.HostMmu;
import dev.gnomon.machine.kvm.KvmOutcome;
import dev.gnomon.machine.recorder.FinalState;
import dev.gnomon.machine.recorder.Replay;
import dev.gnomon.machine.recorder.SlotImage;
import dev.gnomon.machine.x86.CpuState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.regex.Pattern;

/**
 * A guest under the host's KVM, and the same guest here: what was printed, dirty logs included;
 * registers; memory; events, if both MMUs are of one kind.
 */
final class Comparison {
  private static final String KVM = "the host's KVM";
  private static final String OWN = "gnomon";

  /** Lines of the recorder that the final state takes the place of, and of its set-up. */
  private static final Pattern NOT_COMPARED = Pattern.compile("(MODE |HASH |VCPU \\d+ rip ).*");

  /** Events that only the kernels of the recordings have, and some that they did not switch on. */
  private static final Pattern OTHER_EVENTS =
      Pattern.compile("(root_load|sp_alloc|spte_|rmap_|kvm_emulate_insn|kvm_dirty_ring_reset).*");

  private static final String END = "# end";
  private static final int MOST_WORDS = 20;

  /** The arithmetic flags but AF, which logic and shifts leave undefined; DF, IF, IOPL. */
  private static final long COMPARED_FLAGS = 0x3ec5;

  private final List<String> difference = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /**
   * @param mmu the host's
   */
  Comparison(KvmOutcome kvm, Replay own, HostMmu mmu) {
    List<String> kvmLines = printed(kvm.output());
    List<String> ownLines = printed(own.output());
    if (!mmu.isTdp()) {
      DirtyReports reports = new DirtyReports(kvmLines, ownLines);
      kvmLines = new ArrayList<>(reports.kvm());
      ownLines = new ArrayList<>(reports.own());
      if (!reports.besides().isEmpty()) {
        notes.add(
            "dirty log here also names %s, mapped writable before they were written"
                .formatted(String.join(" ", reports.besides())));
      }
    }
    if (kvm.trouble().isEmpty()) {
      registers(kvm.end(), kvmLines);
      registers(own.end(), ownLines);
    }
    memory(kvm.end(), own.end(), kvmLines, ownLines);
    difference.addAll(Difference.between(KVM, kvmLines, OWN, ownLines));
    if (mmu.isTdp() && kvm.eventsObstacle().isEmpty()) {
      difference.addAll(
          Difference.between(
              KVM + ", events", events(kvm.events()), OWN + ", events", events(own.trace())));
    }
  }

  /** A unified diff; no lines if all is equal. */
  List<String> difference() {
    return difference;
  }

  /** What differs as it may. */
  List<String> notes() {
    return notes;
  }

  private static List<String> printed(List<String> output) {
    List<String> lines = new ArrayList<>(output);
    lines.removeIf(line -> NOT_COMPARED.matcher(line).matches());
    return lines;
  }

  private static List<String> events(List<String> trace) {
    int end = trace.indexOf(END);
    return trace.subList(0, end < 0 ? trace.size() : end).stream()
        .filter(line -> !OTHER_EVENTS.matcher(line).matches())
        .toList();
  }

  private static void registers(FinalState end, List<String> into) {
    for (int vcpu = 0; vcpu < end.states().size(); vcpu++) {
      CpuState state = end.states().get(vcpu);
      into.add(
          "VCPU %d rip %x rflags %x cs %x ss %x"
              .formatted(
                  vcpu,
                  state.rip,
                  state.rflags() & COMPARED_FLAGS,
                  state.segments[CpuState.CS].selector(),
                  state.segments[CpuState.SS].selector()));
      into.add(
          "VCPU %d rax %x rbx %x rcx %x rdx %x rsi %x rdi %x rsp %x rbp %x"
              .formatted(
                  vcpu,
                  state.gpr[CpuState.RAX],
                  state.gpr[CpuState.RBX],
                  state.gpr[CpuState.RCX],
                  state.gpr[CpuState.RDX],
                  state.gpr[CpuState.RSI],
                  state.gpr[CpuState.RDI],
                  state.gpr[CpuState.RSP],
                  state.gpr[CpuState.RBP]));
      StringBuilder high = new StringBuilder("VCPU " + vcpu);
      for (int register = 8; register < 16; register++) {
        high.append(" r%d %x".formatted(register, state.gpr[register]));
      }
      into.add(high.toString());
      into.add(
          "VCPU %d cr0 %x cr2 %x cr3 %x cr4 %x efer %x"
              .formatted(vcpu, state.cr0, state.cr2, state.cr3, state.cr4, state.efer));
    }
  }

  private static void memory(
      FinalState kvm, FinalState own, List<String> kvmLines, List<String> ownLines) {
    for (SlotImage image : kvm.memory()) {
      for (SlotImage other : own.memory()) {
        if (other.id() == image.id() && other.baseGfn() == image.baseGfn()) {
          words(image.id(), image.wordsUnlike(other), kvmLines);
          words(image.id(), other.wordsUnlike(image), ownLines);
        }
      }
    }
  }

  private static void words(int slot, SortedMap<Long, Long> words, List<String> into) {
    int told = 0;
    for (Map.Entry<Long, Long> word : words.entrySet()) {
      if (told++ == MOST_WORDS) {
        into.add("MEMORY slot %d: %d words differ".formatted(slot, words.size()));
        return;
      }
      into.add("MEMORY slot %d gpa %x: %016x".formatted(slot, word.getKey(), word.getValue()));
    }
  }
}
