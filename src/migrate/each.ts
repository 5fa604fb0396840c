import type { LogRecord } from '../engine/moving.ts'

/** Logs of at most so many events are small: for those it is the way to Redis and back that takes time. */
const SMALL = 100
const AT_ONCE = 32

/** Does something for each log: for the small ones several at once, then for the others one after the other. */
export async function eachLog(logs: readonly LogRecord[], work: (log: LogRecord) => Promise<void>): Promise<void> {
  const small = logs.filter(({ count }) => count <= SMALL).values()
  const some = async () => {
    for (const log of small) await work(log)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, some))
  for (const log of logs) if (log.count > SMALL) await work(log)
}
