/** Every interleaving of small scenarios, of the classes that serve {@code run}. */
module dev.gnomon.checker {
  requires transitive dev.gnomon.machine;
  requires com.fasterxml.jackson.databind;
  requires java.instrument;
  requires static org.jspecify;

  exports dev.gnomon.checker.litmus;
  exports dev.gnomon.checker.property;
  exports dev.gnomon.checker.race;
  exports dev.gnomon.checker.report;
  exports dev.gnomon.checker.schedule;
}
