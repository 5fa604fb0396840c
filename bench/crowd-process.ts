/** What crowd.ts starts: does one order after the other and reports to whoever gave it. */
import { createSecureContext } from 'node:tls'
import { type Client, enterAll, quiet } from './client.ts'
import type { Order, Report, Seats } from './crowd.ts'
import { DIALECTS } from './dialect.ts'
import { hearAll } from './hear.ts'

const LIMIT_MS = 120_000
const members: Client[] = []

function report(what: Report): void {
  process.send?.(what)
}

async function enter({ dialect: name, port, ca, first, count, passes }: Seats): Promise<void> {
  const dialect = DIALECTS[name]
  const trusted = ca === undefined ? undefined : createSecureContext({ ca })
  const { atOnce } = dialect
  const come = await enterAll(port, dialect, count, { first, passes, trusted, atOnce, limitMs: LIMIT_MS })
  const lost = come.filter(({ closed }) => closed).length
  if (lost > 0) throw new Error(`${lost} of ${count} could not enter`)
  members.push(...come)
}

async function obey(order: Order): Promise<void> {
  if ('enter' in order) {
    for (const seats of order.enter) await enter(seats)
    return report({ done: true })
  }
  await quiet()
  const heard = hearAll(members, order.hear, (floor) => report({ floor }))
  report({ done: true })
  await heard
}

process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => report({ failed: error instanceof Error ? error.message : String(error) }))
})
// Whoever gave the orders is gone.
process.on('disconnect', () => process.exit())
