package dev.gnomon.machine.recorder;

import dev.gnomon.machine.x86.CpuState;
import java.util.List;

/**
 * What a machine holds when its guest has ended.
 *
 * @param states each vCPU's registers, after its last instruction
 * @param memory of each slot that there is then
 */
public record FinalState(List<CpuState> states, List<SlotImage> memory) {
  public FinalState {
    states = List.copyOf(states);
    memory = List.copyOf(memory);
  }
}
