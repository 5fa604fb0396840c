import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import { nextRound } from '../../tick.ts'
import { DoubtfulClock } from '../clock.ts'
import type { Operation } from '../observer.ts'
import { BUSY_TIMEOUT_MS, causeOf, type Database, isDamage, isInUse, openDatabase } from './database.ts'
import { emptyWriteAheadLog } from './erasure.ts'
import { OpenFiles } from './files.ts'
import { StoreHealth } from './health.ts'
import type { LogRow } from './log-table.ts'
import type { OpenedStore, StoreNotice, StoreOptions, StoreReply, StoreRequest } from './messages.ts'
import { eraseEnded, eraseGuestInboxes, removeEndedRoles, sweep } from './retention.ts'
import { LocalStore } from './store.ts'

const SWEEP_EVERY_MS = 1_000
const INDEX_EVERY_MS = 1_000
/** Time after a failure of background work in which it is not tried again. */
const FAILED_MS = 5_000
/** Time after a commit in which background work leaves most of the time to commits. */
const BUSY_MS = 50
/** Ratios of the pauses of background work to its own time while there are commits. */
const INDEX_PAUSE = 9
const ERASURE_PAUSE = 4
const CHECK_EVERY_MS = 500
/** Maximum time for which a close goes on erasing removed messages; the next start does the rest. */
const ERASE_AT_CLOSE_MS = 1_000

/** Serves the methods of a store on a port, with replies in the order of requests, and runs retention and health checks in between. */
export function serveStore(port: MessagePort, options: StoreOptions): void {
  const reply = (sent: StoreReply) => port.postMessage(sent)
  const notify = (notice: StoreNotice) => port.postMessage(notice)

  let database: Database
  let store: LocalStore
  let files: OpenFiles | undefined
  try {
    database = openDatabase(options.file, options.sync)
    store = new LocalStore(database.db, () => files?.check(), options.search)
    if (options.lobby !== undefined) store.rooms.ensureLobby(options.lobby)
    const records = store.records.known()
    if (options.file !== ':memory:') files = new OpenFiles(options.file)
    reply({ value: { rooms: store.rooms.count(), stranded: store.members.all(), records } satisfies OpenedStore })
  } catch (error) {
    const message = causeOf(error)
    const isNamed = [options.file, resolve(dirname(options.file))].some((path) => message.includes(path))
    notify({
      notice: 'fault',
      message: isNamed ? message : `cannot use ${options.file}: ${message}`,
      isInUse: isInUse(error),
    })
    port.close()
    return
  }

  const health = new StoreHealth(store, database.db, files, notify)
  const checking = setInterval(() => health.check(), CHECK_EVERY_MS).unref()
  let closed = false
  let committedAt = 0
  port.on('message', ([method, args]: StoreRequest) => {
    try {
      if (method === 'close') {
        closed = true
        clearInterval(checking)
        eraseAtClose()
        database.close()
        files?.close()
        reply({ value: undefined })
        port.close()
      } else {
        reply({ value: health.call(method, args) })
        if (method === 'appender.append') committedAt = performance.now()
      }
    } catch (error) {
      reply({ failure: causeOf(error) })
    }
  })

  const { keep } = options
  const clock = new DoubtfulClock()
  /** Empties the write-ahead log after the deletion of messages. */
  function finishErasure(): void {
    if (!store.erasure.isUnfinished || !files) return
    try {
      files.check()
    } catch {
      // Reported by the health check.
      return
    }
    store.erasure.isUnfinished = !emptyWriteAheadLog(database.db, BUSY_TIMEOUT_MS)
    files.noteCommit()
  }
  function* everything(): Generator<void> {
    // Nothing in a database file that was overwritten can be trusted.
    if (files?.overwritten) return
    yield* eraseEnded(store)
    yield* removeEndedRoles(store, clock.now())
    const trimmed = (log: LogRow) => notify({ notice: 'trimmed', log: log.name, upTo: log.start })
    yield* eraseGuestInboxes(store, clock.now(), trimmed)
    yield* sweep(store, keep, clock.now(), trimmed)
  }
  function* erase(): Generator<void> {
    if (files?.overwritten) return
    yield* store.indexing.finishErasure()
    finishErasure()
  }
  function eraseAtClose(): void {
    const endMs = performance.now() + ERASE_AT_CLOSE_MS
    try {
      for (const _ of erase()) if (performance.now() > endMs) return
    } catch {
      // Reported by the repeated attempts, and tried again after the next start.
    }
  }
  function* indexed(): Generator<void> {
    if (!files?.overwritten) yield* store.indexing.run()
  }
  /** Repeats work whose slices run between requests, with pauses that are given the time of the slice before. Damage is a failure of `damaged`. */
  async function repeat(
    slices: () => Iterable<void>,
    everyMs: number,
    pause: (ms: number) => Promise<unknown>,
    damaged: Operation,
  ): Promise<void> {
    let againMs = everyMs
    try {
      let started = performance.now()
      for (const _ of slices()) {
        files?.noteCommit()
        await pause(performance.now() - started)
        if (closed) return
        started = performance.now()
      }
    } catch (error) {
      const operation = isDamage(error) ? damaged : 'commits'
      if (!closed) health.failed(operation, error, () => void slices()[Symbol.iterator]().next())
      againMs = FAILED_MS
    }
    if (!closed) setTimeout(repeat, againMs, slices, everyMs, pause, damaged).unref()
  }
  const whenIdle = (pause: number) => (ms: number) =>
    performance.now() - committedAt < BUSY_MS ? delay(ms * pause, undefined, { ref: false }) : nextRound()
  void repeat(everything, SWEEP_EVERY_MS, () => nextRound(), 'commits')
  void repeat(erase, SWEEP_EVERY_MS, whenIdle(ERASURE_PAUSE), 'commits')
  // Reads meet the same damage, and tell of it with the same words.
  setTimeout(repeat, INDEX_EVERY_MS, indexed, INDEX_EVERY_MS, whenIdle(INDEX_PAUSE), 'reads').unref()
}
