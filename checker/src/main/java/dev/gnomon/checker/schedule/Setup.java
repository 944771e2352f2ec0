package dev.gnomon.checker.schedule;

/**
 * What a program is explored on.
 *
 * @param cpus how many CPUs there are
 * @param framesPerCpu how many frames each can allocate
 * @param memoryModel how stores become visible
 * @param hasAbstractLocks whether locks are taken in one step, instead of being made of words
 * @param findsRaces whether races on plain Java state are looked for
 * @param maxSteps after how many steps an execution is taken for one that does not end
 */
record Setup(
    int cpus,
    int framesPerCpu,
    MemoryModel memoryModel,
    boolean hasAbstractLocks,
    boolean findsRaces,
    long maxSteps) {

  Setup withCpus(int count) {
    return new Setup(count, framesPerCpu, memoryModel, hasAbstractLocks, findsRaces, maxSteps);
  }

  Setup withFramesPerCpu(int frames) {
    return new Setup(cpus, frames, memoryModel, hasAbstractLocks, findsRaces, maxSteps);
  }

  Setup withMemoryModel(MemoryModel model) {
    return new Setup(cpus, framesPerCpu, model, hasAbstractLocks, findsRaces, maxSteps);
  }

  Setup withAbstractLocks(boolean areAbstract) {
    return new Setup(cpus, framesPerCpu, memoryModel, areAbstract, findsRaces, maxSteps);
  }

  Setup withRaces(boolean areFound) {
    return new Setup(cpus, framesPerCpu, memoryModel, hasAbstractLocks, areFound, maxSteps);
  }

  Setup withMaxSteps(long steps) {
    return new Setup(cpus, framesPerCpu, memoryModel, hasAbstractLocks, findsRaces, steps);
  }
}
