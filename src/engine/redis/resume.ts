import { EngineFault } from '../errors.ts'
import { LOBBY_ROOM } from '../lobby.ts'
import type { EngineObserver } from '../observer.ts'
import { unfinishedImport } from '../transfer.ts'
import type { RedisConnection } from './connection.ts'
import type { ControlChannel } from './control-channel.ts'
import { roomOf } from './keys.ts'
import type { LinkEvents } from './link.ts'
import type { EngineParts } from './parts.ts'

/** The parts of the engine that depend on the connection. */
interface ResumeParts extends EngineParts {
  readonly control: ControlChannel
}

/**
 * Resumes the parts of the engine on a new connection, and stops them when it is lost.
 *
 * Lost data is not written again. A loss is detected by the epoch (see {@link Nodes.join}), by the position in a log or in the changes of
 * rooms, and, after a restart of the server or a failover to a replica, by the claims. Then this node continues under a new id without
 * claims, as after it was declared dead.
 */
export class Resume implements LinkEvents {
  readonly #parts: ResumeParts
  readonly #lobby: string | undefined
  readonly #shown: string
  readonly #observer: EngineObserver
  #started = false
  /** Rooms that were closed while there was no connection. */
  readonly #closedAway = new Set<number>()
  /** The replication id of the server, see {@link Resume.#historyOf}. */
  #history = ''
  /** True from the handling of a loss until the next successful resumption. */
  #hasLost = false

  constructor(parts: ResumeParts, lobby: string | undefined, shown: string, observer: EngineObserver) {
    this.#parts = parts
    this.#lobby = lobby
    this.#shown = shown
    this.#observer = observer
  }

  /** Resumes on a new connection. Channels are subscribed first, so that no later message is missed. */
  async resume(connection: RedisConnection): Promise<void> {
    const { keys, health, control, logs, nodes, memberships, rooms } = this.#parts
    if (!this.#started) await this.#refuseUnfinished(connection)
    if (connection.warning !== undefined) health.warn(connection.warning)
    await connection.subscribe([keys.control], (text) => control.onMessage(text))
    await logs.subscribe(connection)
    const state = await nodes.join(connection)
    if (state === 'lost') await this.#lose(connection)
    if (state === 'dead') {
      this.#observer.evicted?.()
      await this.#beginAnew(connection)
    }
    await logs.settle(connection)
    const { lost, closed } = await rooms.resume(connection, this.#lobby, this.#usedRooms)
    for (const id of closed) {
      control.closed(id)
      this.#closedAway.add(id)
    }
    await memberships.releasePending(connection)
    const history = await this.#historyOf(connection)
    if (lost || (history !== this.#history && !(await memberships.areKept(connection)))) await this.#lose(connection)
    this.#history = history
    if (await logs.read(connection)) await this.#lose(connection)
    this.#hasLost = false
  }

  /** The rooms that this node follows or may have members in. */
  get #usedRooms(): number[] {
    const { logs, nodes } = this.#parts
    return [...logs.followed, ...nodes.entered].map(roomOf).filter((room) => room !== undefined)
  }

  /** Resolves with the replication ids of the servers, which change at a restart or failover, when data may be lost. */
  async #historyOf(connection: RedisConnection): Promise<string> {
    const about = await Promise.all(connection.everyServer().map((ask) => ask('INFO', 'replication')))
    return about.map((text) => /^master_replid:(\w+)/m.exec(String(text))?.[1]).join()
  }

  async #refuseUnfinished(connection: RedisConnection): Promise<void> {
    const mark = await connection.call(this.#parts.keys.importMark, 'GET')
    if (typeof mark === 'string') throw new EngineFault(unfinishedImport(`Redis at ${this.#shown}`))
  }

  /** Handles a loss of committed data. */
  async #lose(connection: RedisConnection): Promise<void> {
    if (this.#hasLost) return
    this.#hasLost = true
    this.#observer.lost?.(`Redis at ${this.#shown} has lost what it had confirmed`)
    await this.#beginAnew(connection)
  }

  async #beginAnew(connection: RedisConnection): Promise<void> {
    const begun = this.#parts.nodes.beginAnew(connection)
    // The id has changed already.
    this.#parts.memberships.forget()
    await begun
  }

  up(): void {
    if (!this.#started) {
      this.#started = true
      return
    }
    this.#parts.health.recovered()
    this.#parts.control.missed(new Set([LOBBY_ROOM.id, ...this.#usedRooms, ...this.#closedAway]))
    this.#closedAway.clear()
  }

  down(reason: string): void {
    this.#parts.logs.down(reason)
    this.#parts.rooms.down()
    this.#parts.records.down()
    this.#parts.health.failed(reason)
  }

  failed(reason: string): void {
    this.#parts.health.failed(reason)
  }
}
