/** What hammer.ts starts: asks as it is ordered until it is told to stop. */
import { setPriority } from 'node:os'
import autocannon from 'autocannon'
import type { HammerOrder, HammerReport } from './hammer.ts'

/** Those who ask are elsewhere in life: here they get the processor that the server leaves. */
setPriority(10)

const FOREVER_S = 3_600

function report(what: HammerReport): void {
  process.send?.(what)
}

function hammer({ url, connections, requests }: HammerOrder): void {
  const options = { url, connections, requests: [...requests], duration: FOREVER_S }
  const started = performance.now()
  const instance = autocannon(options, (error: Error | null, result) => {
    if (error) throw error
    const statuses = new Map(
      Object.entries(result.statusCodeStats ?? {}).map(([status, { count = 0 }]) => [Number(status), count]),
    )
    const answers = [...statuses.values()].reduce((sum, count) => sum + count, 0)
    const rate = (answers * 1_000) / (performance.now() - started)
    report({ rate, statuses: [...statuses], errors: result.errors })
  })
  instance.once('response', () => report({ striking: true }))
  process.once('message', () => instance.stop())
}

process.once('message', hammer)
process.on('disconnect', () => process.exit())
