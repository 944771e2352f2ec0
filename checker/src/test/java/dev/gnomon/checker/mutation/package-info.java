/**
 * The checker checked: deliberate faults in the MMU, the machine and the processor model, each of
 * which a scenario of the corpus must find.
 *
 * <p>A {@link dev.gnomon.checker.mutation.Mutant} is a fault with a name. It is made by changing
 * one method of a class file ({@link dev.gnomon.checker.mutation.Change}), in a class loader that
 * defines the MMU, the machine and the checker once more ({@link
 * dev.gnomon.checker.mutation.MutantLoader}); so no product code knows of it.
 */
@NullMarked
package dev.gnomon.checker.mutation;

import org.jspecify.annotations.NullMarked;
