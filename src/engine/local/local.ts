import { closeLog } from '../close-log.ts'
import type { Engine } from '../engine.ts'
import { EngineFault, Unavailable } from '../errors.ts'
import type { EngineObserver, Operation } from '../observer.ts'
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
  readonly rooms = new LocalRooms(
    () => this.#thread,
    (room) => closeLog(this.logs, room),
  )
  readonly memberships = new LocalMemberships((room) => this.rooms.changed(room))
  readonly #records = new LocalRecords(() => this.#thread)
  readonly records = new Records(this.#records)
  /** Does nothing: there is no other node. */
  readonly broadcast = { publish: () => {}, onBroadcast: () => {}, peers: async () => 0 }
  readonly #options: LocalOptions
  readonly #observer: EngineObserver
  /** Present failures, by operation. */
  readonly #failures = new Map<Operation, string>()
  #store: StoreThread | undefined

  constructor(options: LocalOptions, observer: EngineObserver) {
    this.#options = options
    this.#observer = observer
    this.logs = new LocalLogs(() => this.#thread, options.memory, observer, {
      closed: (room) => {
        this.rooms.closed(room)
        this.memberships.closed(room)
      },
      changed: (room) => this.rooms.changed(room),
    })
  }

  async start(): Promise<void> {
    const { thread, opened } = await StoreThread.open(this.#options, {
      trimmed: (log, upTo) => this.logs.trimmed(log, upTo),
      died: (fault) => this.#observer.died(fault),
      trouble: (reason, operation = 'commits') => {
        this.#failures.set(operation, reason)
        this.#observer.trouble(reason, operation)
      },
      recovered: (operation = 'commits') => {
        this.#failures.delete(operation)
        this.#observer.recovered(operation)
      },
    })
    this.#store = thread
    this.rooms.opened(opened.rooms)
    this.#records.learn(opened.records)
    // Users who were in a room at a crash have no `left` yet.
    const missing = opened.stranded.map(({ room, name }) =>
      this.logs.append(`room:${room}`, { kind: 'left', room, from: name, body: '' }),
    )
    await Promise.all(missing).catch((error: Error) => {
      throw new EngineFault(`cannot write ${this.#options.file}: ${error.message}`, { cause: error })
    })
  }

  async stop(): Promise<void> {
    await this.logs.idle()
    await this.#store?.close()
  }

  get heldBytes(): number {
    return this.logs.total.bytes
  }

  trimMemory(): void {
    this.logs.trimMemory()
  }

  async ping(): Promise<void> {
    const reason = this.#failures.get('commits') ?? this.#failures.get('reads')
    if (reason !== undefined) throw new Unavailable(reason)
    await this.#thread.call('ping')
  }

  get #thread(): StoreThread {
    if (!this.#store) throw new Unavailable('the engine is not started')
    return this.#store
  }
}
