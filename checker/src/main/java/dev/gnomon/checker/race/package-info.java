/**
 * Finds data races on plain Java state: an access to a non-final field, an array element or a
 * collection that the port's synchronisation does not order after an earlier one of another CPU, of
 * which one is a write.
 *
 * <p>{@link dev.gnomon.checker.race.RaceAgent} transforms the classes of the MMU and the machine as
 * they load; what they then touch is told to {@link dev.gnomon.checker.race.Probe}, and by it to
 * the {@link dev.gnomon.checker.race.RaceDetector} of the carrier that runs them. The detector
 * knows the order from the back end, which tells it of every load, store and read-modify-write of a
 * shared word. On a thread that has no detector nothing happens.
 *
 * <p>What is not seen: final fields, volatile ones (the port is there for those), and what classes
 * of the JDK other than collections hold.
 */
@NullMarked
package dev.gnomon.checker.race;

import org.jspecify.annotations.NullMarked;
