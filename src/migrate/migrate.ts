/**
 * Moves everything that one engine keeps into another. Broken off it may be started again: logs that are whole in the target
 * stay, the one that was under way is moved anew, and so is all that is no log. The source is only read.
 */
import { ConfigError } from '../config.ts'
import { EngineFault } from '../engine/engine.ts'
import { type LogRecord, type Source, type Target, Unfit } from '../engine/moving.ts'
import { type Checked, check } from './check.ts'
import { eachLog } from './each.ts'
import { openSource, openTarget, placesOf, type Request, samePlace } from './places.ts'
import { type Out, Progress } from './progress.ts'

/** Rejects with {@link ConfigError} where the places do not fit, else with an error whose message is one line for an operator. */
export async function migrate(request: Request, out: Out): Promise<void> {
  const began = performance.now()
  const { from, to } = placesOf(request)
  const opened: Source[] = []
  let begun = false
  try {
    const source = await openSource(from)
    opened.push(source)
    const target = await openTarget(to)
    opened.push(target)
    if (source.identity === target.identity) throw samePlace()
    await target.begin(source.shown)
    begun = true
    const { counts, sum } = await move(source, target, new Progress(out))
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    out.write(
      `moved ${countsOf(counts)} from ${source.shown} to ${target.shown} in ${seconds} s; read again, both sides have the checksum ${sum}\n`,
    )
  } catch (error) {
    if (error instanceof Unfit) throw new ConfigError(error.message, { cause: error })
    if (!begun || !(error instanceof Error)) throw error
    throw new EngineFault(`${error.message}; the same command goes on from there`, { cause: error })
  } finally {
    for (const side of opened) side.close()
  }
}

async function move(source: Source, target: Target, progress: Progress): Promise<Checked> {
  try {
    const logs: LogRecord[] = []
    for await (const log of source.logs()) logs.push(log)
    const total = logs.reduce((sum, { count }) => sum + count, 0)
    progress.begin('moving', total)
    await moveLogs(logs, source, target, progress)
    for await (const records of source.records(Date.now())) await target.keep(records)
    progress.begin('checking', total)
    const checked = await check(logs, source, target, (events) => progress.add(events))
    await source.undisturbed()
    await target.finish()
    return checked
  } finally {
    progress.end()
  }
}

async function moveLogs(logs: readonly LogRecord[], source: Source, target: Target, progress: Progress): Promise<void> {
  const there = new Map<string, LogRecord>()
  for await (const log of target.logs()) there.set(log.name, log)
  const wanted = new Set(logs.map(({ name }) => name))
  for (const { name } of there.values()) if (!wanted.has(name)) await target.dropLog(name)
  await eachLog(logs, async (log) => {
    const found = there.get(log.name)
    if (found && found.start === log.start && found.last === log.last && found.count === log.count) {
      progress.add(log.count, true)
      return
    }
    // A daemon has used the source since.
    if (found) await target.dropLog(log.name)
    await moveLog(log, source, target, progress)
  })
}

/** While a page is written the next one is read. */
async function moveLog(log: LogRecord, source: Source, target: Target, progress: Progress): Promise<void> {
  let writing: Promise<unknown> = Promise.resolve()
  for await (const page of source.events(log.name)) {
    await writing
    writing = target.append(log.name, page).then(() => progress.add(page.length))
    // Waited for behind the next page, or at the end.
    writing.catch(() => {})
  }
  await writing
  await target.finishLog(log)
}

function countsOf({ event, log, room, account, name, block, ...counts }: Checked['counts']): string {
  const note = counts.key + counts.login + counts.ticket + counts.secret + counts['maker-name']
  const said = (count: number, what: string) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
  const rest = [said(room, 'room'), said(account, 'account'), said(name, 'name'), said(block, 'block')]
  return `${said(event, 'event')} in ${said(log, 'log')}, ${rest.join(', ')}, ${note.toLocaleString('en')} secrets and tickets`
}
