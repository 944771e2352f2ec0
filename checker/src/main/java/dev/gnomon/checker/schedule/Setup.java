package dev.gnomon.checker.schedule;

/**
 * What a program is explored on.
 *
 * @param cpus how many CPUs there are
 * @param framesPerCpu how many frames each can allocate
 * @param memoryModel how stores become visible
 * @param hasAbstractLocks whether locks are taken in one step, instead of being made of words
 * @param maxSteps after how many steps an execution is taken for one that does not end
 */
record Setup(
    int cpus, int framesPerCpu, MemoryModel memoryModel, boolean hasAbstractLocks, long maxSteps) {}
