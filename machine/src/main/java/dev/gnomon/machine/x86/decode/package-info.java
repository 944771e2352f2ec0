/**
 * From bytes of machine code to instructions, by one table. Knows nothing of execution.
 *
 * <p>Sources: Intel SDM vol. 2, chapter 2 and appendix A; AMD APM vol. 3.
 */
@NullMarked
package dev.gnomon.machine.x86.decode;

import org.jspecify.annotations.NullMarked;
