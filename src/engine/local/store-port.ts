/** The store behind a port: requests in, replies out in the same order, retention in between. */
import { setImmediate as others } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import { unfinished } from '../moving.ts'
import { causeOf, type Database, openDatabase } from './database.ts'
import type { Notice, Reply, Request, StoreOptions } from './messages.ts'
import { eraseEnded, sweep } from './retention.ts'
import { Store } from './store.ts'
import { unfinishedFrom } from './unfinished.ts'

const SWEEP_EVERY_MS = 1_000

export function serveStore(port: MessagePort, options: StoreOptions): void {
  const tell = (notice: Notice) => port.postMessage(notice)
  const answer = (reply: Reply) => port.postMessage(reply)

  let database: Database
  let store: Store
  try {
    database = openDatabase(options.file, options.sync)
    const from = unfinishedFrom(database.db)
    if (from !== undefined) throw new Error(unfinished(options.file, from))
    store = new Store(database.db)
    if (options.lobby !== undefined) store.rooms.ensureLobby(options.lobby)
    const { names } = store
    const anyBlock = names.anyBlock()
    tell({ notice: 'open', rooms: store.rooms.all(), stranded: store.stranded(), accounts: names.accounts(), anyBlock })
  } catch (error) {
    const message = causeOf(error)
    tell({
      notice: 'fault',
      message: message.includes(options.file) ? message : `cannot use ${options.file}: ${message}`,
    })
    port.close()
    return
  }

  let closed = false
  port.on('message', (request: Request) => {
    try {
      if (request.op === 'close') {
        closed = true
        database.close()
        answer({ value: true })
        port.close()
      } else {
        answer({ value: store.handle(request) })
      }
    } catch (error) {
      answer({ trouble: causeOf(error) })
    }
  })

  const { keep } = options
  function* everything(): Generator<void> {
    yield* eraseEnded(store)
    if (keep.days === 0 && keep.events === 0) return
    const names = store.logNames(keep.days > 0 ? 0 : keep.events)
    yield* sweep(store, names, keep, Date.now(), (log) => tell({ notice: 'trimmed', log: log.name, upTo: log.start }))
  }
  async function sweepOnce(): Promise<void> {
    try {
      for (const _ of everything()) {
        await others()
        if (closed) return
      }
    } catch {
      // A disk that is full now is reported by the commits that fail; the next sweep tries again.
    }
    if (!closed) setTimeout(sweepOnce, SWEEP_EVERY_MS).unref()
  }
  void sweepOnce()
}
