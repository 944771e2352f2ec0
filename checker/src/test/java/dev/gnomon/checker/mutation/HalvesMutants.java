package dev.gnomon.checker.mutation;

import java.util.List;

/** Entries in halves, as a 32-bit host writes and reads them. */
final class HalvesMutants {
  private static final String WORDS = "mmu.table.HalvedSpteWords";
  private static final String STORE_LOW = "HalvedSpteWords.storeLow";
  private static final String STORE_HIGH = "HalvedSpteWords.storeHigh";

  private HalvesMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "set-low-half-first",
                "a 32-bit host sets an entry's low half first, P with it",
                Fault.in(WORDS, "set", Call.of(STORE_HIGH).at(0).toMethod("storeLow")),
                Fault.in(WORDS, "set", Call.of(STORE_LOW).at(1).toMethod("storeHigh")))
            .violating("expectation")
            .foundBy("host32-mmio-mark"),
        Mutant.of(
                "clear-high-half-first",
                "a 32-bit host clears an entry's high half first",
                Fault.in(WORDS, "set", Call.of(STORE_LOW).at(0).toMethod("storeHigh")),
                Fault.in(WORDS, "set", Call.of(STORE_HIGH).at(2).toMethod("storeLow")))
            .violating("expectation")
            .foundBy("program walk-while-zapped"),
        Mutant.of(
                "replace-by-halves",
                "a 32-bit host stores an entry over another in two halves",
                Fault.in(
                    WORDS,
                    "replaceWhole",
                    Call.of("PhysicalMemory.getAndSetLong").toStandIn("getThenSet")))
            .violating("expectation")
            .foundBy("program walk-while-replaced"),
        Mutant.of(
                "clear-uncounted",
                "a 32-bit host does not count entries that go away",
                Fault.in(WORDS, "set", Call.of("HalvedSpteWords.countChange").leftOut()),
                Fault.in(WORDS, "exchange", Call.of("HalvedSpteWords.countChange").leftOut()))
            .violating("expectation")
            .foundBy("program read-while-zapped"),
        Mutant.of(
                "replacement-uncounted",
                "a 32-bit host does not count entries that are replaced by others",
                Fault.in(WORDS, "replaceWhole", Call.of("HalvedSpteWords.countChange").leftOut()))
            .violating("expectation")
            .foundBy("program read-while-replaced"),
        Mutant.of(
                "low-half-read-once",
                "a reader on a 32-bit host does not look at the low half again",
                Fault.in(
                    WORDS,
                    "getLockless",
                    Call.of("HalvedSpteWords.low").at(1).becoming(Snippet.number(6))))
            .violating("expectation")
            .foundBy("program read-while-zapped"),
        Mutant.of(
                "count-read-once",
                "a reader on a 32-bit host does not look at the count again",
                Fault.in(
                    WORDS,
                    "getLockless",
                    Call.of("SharedWords.get").at(1).becoming(Snippet.word(4))))
            .violating("expectation")
            .foundBy("program read-while-zapped"),
        Mutant.of(
                "low-half-stored",
                "a 32-bit host clears a volatile entry's low half by a store, not an exchange",
                Fault.in(
                    WORDS,
                    "exchangeLow",
                    Call.of("PhysicalMemory.getAndSetInt").toStandIn("getThenSet")))
            .violating("expectation")
            .foundBy("program access-while-zapped"));
  }
}
