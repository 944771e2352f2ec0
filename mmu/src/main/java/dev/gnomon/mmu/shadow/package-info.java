/**
 * The shadow MMU: pages of entries that combine two translations, or map a guest without paging;
 * and direct roots where the TDP MMU is off.
 *
 * <p>Everything here is done under the MMU lock for writing, but for what says otherwise. {@link
 * dev.gnomon.mmu.shadow.ShadowMmu} is the door.
 */
@NullMarked
package dev.gnomon.mmu.shadow;

import org.jspecify.annotations.NullMarked;
