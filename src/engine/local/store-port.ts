import { dirname, resolve } from 'node:path'
import type { MessagePort } from 'node:worker_threads'
import { Background } from './background.ts'
import { causeAt, causeOf, isInUse, openDatabase } from './database.ts'
import { OpenFiles } from './files.ts'
import { StoreHealth } from './health.ts'
import type { OpenedStore, StoreNotice, StoreOptions, StoreReply, StoreRequest } from './messages.ts'
import { LocalStore } from './store.ts'
import { Upkeep } from './upkeep.ts'

const CHECK_EVERY_MS = 500
const FIRST_INDEXING_MS = 1_000
/** Ratio of the pauses of the index to its own time while there are commits. */
const INDEX_PAUSE = 9
/** The same ratio of the erasure. */
const ERASURE_PAUSE = 4

/** The port of a store. */
interface StorePort extends MessagePort {
  postMessage(sent: StoreReply | StoreNotice): void
}

/** Serves the methods of a store on a port, with replies in the order of requests, and runs retention and health checks in between. */
export function serveStore(port: StorePort, options: StoreOptions): void {
  const notify = (notice: StoreNotice) => port.postMessage(notice)

  let opened: ReturnType<typeof open>
  try {
    opened = open(options)
    const { store, records } = opened
    port.postMessage({
      value: { rooms: store.rooms.count(), stranded: store.members.all(), records } satisfies OpenedStore,
    })
  } catch (error) {
    notify(faultOf(error, options.file))
    port.close()
    return
  }

  const { database, store, files } = opened
  const health = new StoreHealth(store, database.db, files, notify)
  const checking = setInterval(() => health.check(), CHECK_EVERY_MS).unref()
  const upkeep = new Upkeep(store, database, files, options.keep, notify)
  const background = new Background(health, files)
  port.on('message', ([method, args]: StoreRequest) => {
    try {
      if (method === 'close') {
        background.stop()
        clearInterval(checking)
        upkeep.eraseAtClose()
        database.close()
        files?.close()
        port.postMessage({ value: undefined })
        port.close()
      } else {
        port.postMessage({ value: health.call(method, args) })
        if (method === 'appender.append') background.committedAt = performance.now()
        upkeep.checkpoint()
      }
    } catch (error) {
      port.postMessage({ failure: causeOf(error) })
    }
  })
  background.start({ slices: () => upkeep.retention() })
  background.start({ slices: () => upkeep.erasure(), pause: ERASURE_PAUSE })
  // Reads meet the same damage as the index, and tell of it with the same words.
  const indexing = { slices: () => upkeep.indexing(), pause: INDEX_PAUSE, damages: 'reads' } as const
  background.start({ ...indexing, afterMs: FIRST_INDEXING_MS })
}

function open({ file, sync, search, lobby }: StoreOptions) {
  const database = openDatabase(file, sync)
  // Undefined for a store in memory.
  let files: OpenFiles | undefined
  const store = new LocalStore(database.db, () => files?.check(), search)
  if (lobby !== undefined) store.rooms.ensureLobby(lobby)
  const records = store.records.known()
  // Behind the first read.
  if (file !== ':memory:') files = new OpenFiles(file)
  return { database, store, records, files }
}

function faultOf(error: unknown, file: string): StoreNotice {
  const cause = causeOf(error)
  const isNamed = [file, resolve(dirname(file))].some((path) => cause.includes(path))
  const message = isNamed ? cause : `cannot use ${file}: ${causeAt(file, error, 'write')}`
  return { notice: 'fault', message, isInUse: isInUse(error) }
}
