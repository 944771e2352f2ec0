package dev.gnomon.machine.x86.nativeoracle;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which encodings are tried, and why the others are not. */
final class Selection {
  /**
   * What a user program may not do, or does to its process, or does with another result each time.
   */
  private static final Set<Mnemonic> SYSTEM =
      EnumSet.of(
          BOUND, CALL_FAR, CLAC, CLI, CLTS, CPUID, FXRSTOR, FXSAVE, HLT, IN, INS, INT, INT1, INT3,
          INTO, INVALID, INVD, INVLPG, INVPCID, IRET, JMP_FAR, LAR, LDS, LES, LFS, LGDT, LGS, LIDT,
          LLDT, LMSW, LSL, LSS, LTR, MONITOR, MOV_CR, MOV_DR, MOV_SEG, MWAIT, OUT, OUTS, POP_SEG,
          PUSH_SEG, RDFSBASE, RDGSBASE, RDMSR, RDPID, RDPKRU, RDPMC, RDRAND, RDSEED, RDTSC, RDTSCP,
          RET_FAR, RSM, SERIALIZE, SGDT, SIDT, SLDT, SMSW, STAC, STI, STR, SWAPGS, SYSCALL,
          SYSENTER, SYSEXIT, SYSRET, UD0, UD1, UD2, VERR, VERW, VMCALL, VMMCALL, WBINVD, WRFSBASE,
          WRGSBASE, WRMSR, WRPKRU, XGETBV, XSETBV);

  private final Set<Mnemonic> lacking = EnumSet.noneOf(Mnemonic.class);
  private final List<List<Encoding>> groups64;
  private final List<List<Encoding>> groups32;

  /**
   * Chooses.
   *
   * @param only those that are wanted; all if empty
   */
  Selection(HostFeatures host, Collection<Mnemonic> only) {
    groups64 = choose(host, only, true);
    if (host.has32BitCode()) {
      groups32 = choose(host, only, false);
    } else {
      groups32 = List.of();
      choose(host, only, false).forEach(group -> lacking.add(group.getFirst().mnemonic()));
      groups64.forEach(group -> lacking.remove(group.getFirst().mnemonic()));
    }
  }

  private List<List<Encoding>> choose(HostFeatures host, Collection<Mnemonic> only, boolean in64) {
    Map<Mnemonic, List<Encoding>> byMnemonic = new EnumMap<>(Mnemonic.class);
    for (Encoding encoding : Encoding.all()) {
      Mnemonic mnemonic = encoding.mnemonic();
      if (!encoding.isValid(in64)
          || SYSTEM.contains(mnemonic)
          || !only.isEmpty() && !only.contains(mnemonic)) {
        continue;
      }
      if (host.has(mnemonic)) {
        byMnemonic.computeIfAbsent(mnemonic, m -> new ArrayList<>()).add(encoding);
      } else {
        lacking.add(mnemonic);
      }
    }
    return List.copyOf(byMnemonic.values());
  }

  /** By mnemonic, as one of few encodings is to come as often as one of many. */
  List<List<Encoding>> groups(boolean in64) {
    return in64 ? groups64 : groups32;
  }

  /** What the table has and this machine's processor has not. */
  Set<Mnemonic> lacking() {
    return lacking;
  }

  /** Whether the machine runs 32-bit code too, and there is something to try in it. */
  boolean has32BitCode() {
    return !groups32.isEmpty();
  }

  /** What cannot be tried in this way on any machine. */
  static Set<Mnemonic> untried() {
    Set<Mnemonic> untried = EnumSet.allOf(Mnemonic.class);
    Encoding.all().forEach(encoding -> untried.remove(encoding.mnemonic()));
    untried.addAll(SYSTEM);
    return untried;
  }
}
