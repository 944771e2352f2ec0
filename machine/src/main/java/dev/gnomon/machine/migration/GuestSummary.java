package dev.gnomon.machine.migration;

import dev.gnomon.machine.guest.Guest;
import java.util.List;

/**
 * How a guest ended at the destination.
 *
 * @param accessesPerVcpu how many accesses each vCPU has made, here and there
 * @param verified what verification has found, here and there, the last sweep included
 */
public record GuestSummary(List<Long> accessesPerVcpu, Guest.VerifyResult verified) {

  public GuestSummary {
    accessesPerVcpu = List.copyOf(accessesPerVcpu);
  }
}
