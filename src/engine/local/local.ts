import { closeLog } from '../close-log.ts'
import type { Engine } from '../engine.ts'
import { EngineFault } from '../errors.ts'
import type { EngineObserver } from '../observer.ts'
import type { MemoryLimits } from '../recent.ts'
import { Records } from '../typed-records.ts'
import { LocalLogs } from './logs.ts'
import { LocalMemberships } from './memberships.ts'
import type { StoreOptions } from './messages.ts'
import { LocalRecords } from './records.ts'
import { LocalRooms } from './rooms.ts'
import { StoreThread } from './thread.ts'

export interface LocalOptions extends StoreOptions {
  readonly memory: MemoryLimits
}

/** The engine of a single process: names and the newest events in memory, everything in SQLite. */
export class LocalEngine implements Engine {
  readonly logs: LocalLogs
  readonly rooms: LocalRooms
  readonly memberships: LocalMemberships
  readonly records: Records
  /** Does nothing: there is no other node. */
  readonly broadcast = { publish: () => {}, onBroadcast: () => {}, peers: async () => 0 }
  readonly #records: LocalRecords
  readonly #store: StoreThread
  readonly #file: string

  constructor(options: LocalOptions, observer: EngineObserver) {
    const store = new StoreThread(options, observer, (log, upTo) => this.logs.trimmed(log, upTo))
    this.#store = store
    this.#file = options.file
    this.logs = new LocalLogs(store, options.memory, observer, {
      closed: (room) => {
        this.rooms.closed(room)
        this.memberships.closed(room)
      },
      changed: (room) => this.rooms.changed(room),
    })
    this.rooms = new LocalRooms(store, (room) => closeLog(this.logs, room))
    this.memberships = new LocalMemberships((room) => this.rooms.changed(room))
    this.#records = new LocalRecords(store)
    this.records = new Records(this.#records)
  }

  async start(): Promise<void> {
    const { rooms, records, stranded } = await this.#store.open()
    this.rooms.opened(rooms)
    this.#records.learn(records)
    // Users who were in a room at a crash have no `left` yet.
    const missing = stranded.map(({ room, name }) =>
      this.logs.append(`room:${room}`, { kind: 'left', room, from: name, body: '' }),
    )
    await Promise.all(missing).catch((error: Error) => {
      throw new EngineFault(`cannot write ${this.#file}: ${error.message}`, { cause: error })
    })
  }

  async stop(): Promise<void> {
    await this.logs.idle()
    await this.#store.close()
  }

  get heldBytes(): number {
    return this.logs.total.bytes
  }

  trimMemory(): void {
    this.logs.trimMemory()
  }

  async ping(): Promise<void> {
    await this.#store.call('ping')
  }
}
