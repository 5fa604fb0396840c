/**
 * Loaded into a daemon with `--import`: answers an IPC message of 0 with the CPU time, in ms, of the longest round of the event loop
 * since the last one, and works for so many ms of CPU time where it is another number. A timer of a millisecond runs once a round; the CPU time of this thread does not count what other processes
 * or the store's thread do meanwhile.
 */
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  let before = process.threadCpuUsage()
  let longestUs = 0
  const look = () => {
    const now = process.threadCpuUsage()
    longestUs = Math.max(longestUs, now.user - before.user + now.system - before.system)
    before = now
  }
  setInterval(look, 1).unref()
  process.on('message', (spinMs: number) => {
    if (spinMs > 0) {
      const start = process.threadCpuUsage()
      while (process.threadCpuUsage(start).user < spinMs * 1_000);
      return process.send?.(0)
    }
    look()
    process.send?.(longestUs / 1_000)
    longestUs = 0
    return (before = process.threadCpuUsage())
  })
  process.channel?.unref()
}
