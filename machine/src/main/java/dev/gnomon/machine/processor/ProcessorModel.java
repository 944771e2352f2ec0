package dev.gnomon.machine.processor;

/**
 * What processors do differently although the manuals allow either. Recordings were made on an
 * emulator whose choices show in them.
 *
 * @param flushesOnEveryExit whether each entry of the guest finds the TLB and all other caches of
 *     translations empty, as without ASID or VPID
 * @param updatesReadFirst whether an instruction that reads, changes and writes memory without LOCK
 *     reads by a read access and then writes; else its read is checked for writing
 * @param walksPdptes whether the PDPTEs of PAE paging are read from memory in each walk, as AMD has
 *     it under nested paging (APM vol. 2, 15.25.10), and A is set in them as in any entry; else
 *     they are loaded at MOV CR3
 * @param writesTables whether each access to a guest table counts as a write for the MMU's tables
 *     whatever their format, as under NPT
 */
public record ProcessorModel(
    boolean flushesOnEveryExit,
    boolean updatesReadFirst,
    boolean walksPdptes,
    boolean writesTables) {

  /** A current processor. */
  public static final ProcessorModel DEFAULT = new ProcessorModel(false, false, false, false);

  /** The emulator under which the recordings were made: NPT, whatever the format of SPTEs. */
  public static final ProcessorModel RECORDED = new ProcessorModel(true, true, true, true);
}
