/** Returns the processor time, in ms, of some work of this thread, in which nothing counts that others do meanwhile. */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}
