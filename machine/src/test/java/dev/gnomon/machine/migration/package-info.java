/** Tests of live migration, with real threads and loopback sockets. */
@NullMarked
package dev.gnomon.machine.migration;

import org.jspecify.annotations.NullMarked;
