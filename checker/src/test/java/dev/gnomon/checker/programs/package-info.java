/**
 * Programs whose lines an exploration names; those of the explorer's own package it passes over.
 */
@NullMarked
package dev.gnomon.checker.programs;

import org.jspecify.annotations.NullMarked;
