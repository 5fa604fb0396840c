import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import { DoubtfulClock } from '../clock.ts'
import { BUSY_TIMEOUT_MS, causeOf, type Database, openDatabase } from './database.ts'
import { emptyWriteAheadLog } from './erasure.ts'
import { OpenFiles } from './files.ts'
import { StoreHealth } from './health.ts'
import type { StoreNotice, StoreOptions, StoreReply, StoreRequest } from './messages.ts'
import { eraseEnded, sweep } from './retention.ts'
import { LocalStore } from './store.ts'

const SWEEP_EVERY_MS = 1_000
const CHECK_EVERY_MS = 500

/** Serves the methods of a store on a port, with replies in the order of requests, and runs retention and health checks in between. */
export function serveStore(port: MessagePort, options: StoreOptions): void {
  const notify = (notice: StoreNotice) => port.postMessage(notice)
  const answer = (reply: StoreReply) => port.postMessage(reply)

  let database: Database
  let store: LocalStore
  let files: OpenFiles | undefined
  try {
    database = openDatabase(options.file, options.sync)
    store = new LocalStore(database.db, () => files?.check())
    if (options.lobby !== undefined) store.rooms.ensureLobby(options.lobby)
    const records = store.records.known()
    if (options.file !== ':memory:') files = new OpenFiles(options.file)
    notify({ notice: 'open', rooms: store.rooms.count(), stranded: store.stranded(), records })
  } catch (error) {
    const message = causeOf(error)
    notify({
      notice: 'fault',
      message: message.includes(options.file) ? message : `cannot use ${options.file}: ${message}`,
    })
    port.close()
    return
  }

  const health = new StoreHealth(store, database.db, files, notify)
  const checking = setInterval(() => health.check(), CHECK_EVERY_MS).unref()
  let closed = false
  port.on('message', ([method, args]: StoreRequest) => {
    try {
      if (method === 'close') {
        closed = true
        clearInterval(checking)
        database.close()
        files?.close()
        answer({ value: undefined })
        port.close()
      } else {
        answer({ value: health.call(method, args) })
      }
    } catch (error) {
      answer({ trouble: causeOf(error) })
    }
  })

  const { keep } = options
  const clock = new DoubtfulClock()
  function* everything(): Generator<void> {
    yield* eraseEnded(store)
    yield* sweep(store, keep, clock.now(), (log) => notify({ notice: 'trimmed', log: log.name, upTo: log.start }))
  }
  function finishRedaction(): void {
    if (!store.hasRedacted || !files) return
    files.check()
    store.hasRedacted = !emptyWriteAheadLog(database.db, BUSY_TIMEOUT_MS)
    files.noteCommit()
  }
  async function sweepOnce(): Promise<void> {
    try {
      finishRedaction()
      for (const _ of everything()) {
        files?.noteCommit()
        await nextTurn()
        if (closed) return
      }
    } catch (error) {
      if (!closed) health.failed('commits', error)
    }
    if (!closed) setTimeout(sweepOnce, SWEEP_EVERY_MS).unref()
  }
  void sweepOnce()
}
