import { EngineFault } from '../engine.ts'
import { unfinished } from '../moving.ts'
import type { Watch } from '../watch.ts'
import type { Appends } from './appends.ts'
import type { Changes } from './changes.ts'
import type { Claims } from './claims.ts'
import type { Connection } from './connection.ts'
import type { Feeds } from './feeds.ts'
import type { Health } from './health.ts'
import type { Keys } from './keys.ts'
import type { Linked } from './link.ts'
import type { Nodes } from './nodes.ts'
import type { RedisRecords } from './records.ts'
import type { RoomTable } from './rooms.ts'

/** All that a connection is taken up for. */
export interface Parts {
  readonly keys: Keys
  readonly health: Health
  readonly nodes: Nodes
  readonly feeds: Feeds
  readonly appends: Appends
  readonly claims: Claims
  readonly rooms: RoomTable
  readonly records: RedisRecords
  readonly changes: Changes
}

/** What happens when a connection comes and goes: in what order which part takes up what was left, and what was lost meanwhile. */
export class Resume implements Linked {
  readonly #parts: Parts
  readonly #lobby: string | undefined
  /** Where Redis is. */
  readonly #shown: string
  readonly #watch: Watch
  #started = false
  /** Rooms that were closed while the connection was gone. */
  readonly #closedAway = new Set<number>()
  /** Of which history what Redis has is, see {@link Resume.#historyOf}. */
  #history: string | undefined
  #lossTold = false
  /** Redis may have lost something, and what is known here is not put back yet. */
  #incomplete = false

  constructor(parts: Parts, lobby: string | undefined, shown: string, watch: Watch) {
    this.#parts = parts
    this.#lobby = lobby
    this.#shown = shown
    this.#watch = watch
  }

  /** Takes up where the last connection ended. Channels first: what is told from now on is not missed. */
  async resume(connection: Connection): Promise<void> {
    if (!this.#started) await this.#refuseUnfinished(connection)
    if (connection.warning !== undefined) this.#parts.health.warn(connection.warning)
    await connection.subscribe([this.#parts.keys.control], (text) => this.#parts.changes.heard(text))
    await this.#parts.feeds.subscribe(connection)
    const { lost, reborn } = await this.#parts.nodes.join(connection)
    if (reborn) {
      this.#parts.claims.forget()
      this.#watch.evicted?.()
    }
    if (lost) this.#noticeLoss()
    const history = await this.#historyOf(connection)
    if (history === undefined || history !== this.#history) this.#doubt()
    this.#history = history
    await this.#parts.appends.settle(connection)
    await this.#loadRooms(connection)
    await this.#parts.claims.releasePending(connection)
    const doubted = this.#incomplete
    if (doubted && (await this.#parts.claims.restore(connection))) this.#tellLoss()
    await this.#parts.feeds.read(connection, () => {
      if (!this.#incomplete) this.#doubt()
      this.#tellLoss()
    })
    // Only a log has told: what else is missing is put back all the same.
    if (this.#incomplete && !doubted) await this.#parts.claims.restore(connection)
    this.#incomplete = false
    this.#lossTold = false
  }

  async #loadRooms(connection: Connection): Promise<void> {
    const { lost, closed } = await this.#parts.rooms.load(connection, this.#lobby)
    if (lost) this.#noticeLoss()
    for (const id of closed) {
      this.#parts.changes.closed(id)
      this.#closedAway.add(id)
    }
  }

  /**
   * What Redis draws anew when it starts and when a replica takes over, which are the times when it may lose something. Each
   * node sees it for itself, whatever others have found, mended or written meanwhile. Undefined where it is not told.
   */
  async #historyOf(connection: Connection): Promise<string | undefined> {
    const about = String(await connection.command(['INFO', 'replication']))
    return /^master_replid:(\w+)/m.exec(about)?.[1]
  }

  async #refuseUnfinished(connection: Connection): Promise<void> {
    const from = await connection.command(['GET', this.#parts.keys.migration])
    if (typeof from === 'string') throw new EngineFault(unfinished(`Redis at ${this.#shown}`, from))
  }

  #noticeLoss(): void {
    this.#doubt()
    this.#tellLoss()
  }

  /** What this node holds may not be in Redis any more. */
  #doubt(): void {
    this.#incomplete = true
    this.#parts.claims.doubt()
  }

  #tellLoss(): void {
    if (this.#lossTold) return
    this.#lossTold = true
    this.#watch.lost?.(`Redis at ${this.#shown} has lost what it had confirmed`)
  }

  up(): void {
    if (!this.#started) {
      this.#started = true
      return
    }
    this.#parts.health.recovered()
    this.#parts.changes.missed([...this.#parts.rooms.ids(), ...this.#closedAway])
    this.#closedAway.clear()
  }

  down(reason: string): void {
    this.#parts.feeds.down()
    this.#parts.rooms.down()
    this.#parts.records.down()
    this.#parts.appends.down(reason)
    this.#parts.health.failed(reason)
  }

  failed(reason: string): void {
    this.#parts.health.failed(reason)
  }
}
