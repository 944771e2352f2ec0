package dev.gnomon.cli.kvm;

import dev.gnomon.machine.recorder.GuestMode;

/**
 * What the name of a flat guest's file says: {@code write.long0} is guest write, for long mode at
 * CPL 0. Of any other name, the guest is the whole name, for long mode at CPL 0.
 *
 * @param guest the name without its end
 * @param mode in which it begins
 * @param cpl 0 or 3
 */
record GuestName(String guest, GuestMode mode, int cpl) {
  static GuestName of(String file) {
    for (GuestMode mode : GuestMode.values()) {
      for (int cpl = 0; cpl <= 3; cpl += 3) {
        String end = mode.binary("", cpl);
        if (file.endsWith(end) && file.length() > end.length()) {
          return new GuestName(file.substring(0, file.length() - end.length()), mode, cpl);
        }
      }
    }
    return new GuestName(file, GuestMode.LONG, 0);
  }
}
