@NullMarked
package dev.gnomon.checker.report;

import org.jspecify.annotations.NullMarked;
