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
import type { People } from './people.ts'
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
  readonly people: People
  readonly changes: Changes
}

/** What happens when a connection comes and goes: in what order which part takes up what was left, and what was lost meanwhile. */
export class Resume implements Linked {
  readonly #keys: Keys
  readonly #health: Health
  readonly #nodes: Nodes
  readonly #feeds: Feeds
  readonly #appends: Appends
  readonly #claims: Claims
  readonly #rooms: RoomTable
  readonly #people: People
  readonly #changes: Changes
  readonly #lobby: string
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

  constructor(parts: Parts, lobby: string, shown: string, watch: Watch) {
    this.#keys = parts.keys
    this.#health = parts.health
    this.#nodes = parts.nodes
    this.#feeds = parts.feeds
    this.#appends = parts.appends
    this.#claims = parts.claims
    this.#rooms = parts.rooms
    this.#people = parts.people
    this.#changes = parts.changes
    this.#lobby = lobby
    this.#shown = shown
    this.#watch = watch
  }

  /** Takes up where the last connection ended. Channels first: what is told from now on is not missed. */
  async resume(connection: Connection): Promise<void> {
    if (!this.#started) await this.#refuseUnfinished(connection)
    if (connection.warning !== undefined) this.#health.warn(connection.warning)
    await connection.subscribe([this.#keys.control], (text) => this.#changes.heard(text))
    await this.#feeds.subscribe(connection)
    const { lost, reborn } = await this.#nodes.join(connection)
    if (reborn) this.#claims.forget()
    if (lost) this.#noticeLoss()
    const history = await this.#historyOf(connection)
    if (history === undefined || history !== this.#history) this.#doubt()
    this.#history = history
    await this.#appends.settle(connection)
    await this.#loadRooms(connection)
    await this.#claims.releasePending(connection)
    const doubted = this.#incomplete
    if (doubted && (await this.#claims.restore(connection))) this.#tellLoss()
    await this.#feeds.read(connection, () => {
      if (!this.#incomplete) this.#doubt()
      this.#tellLoss()
    })
    // Only a log has told: what else is missing is put back all the same.
    if (this.#incomplete && !doubted) await this.#claims.restore(connection)
    this.#incomplete = false
    this.#lossTold = false
  }

  async #loadRooms(connection: Connection): Promise<void> {
    const { lost, closed } = await this.#rooms.load(connection, this.#lobby)
    if (lost) this.#noticeLoss()
    for (const id of closed) {
      this.#changes.closed(id)
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
    const from = await connection.command(['GET', this.#keys.migration])
    if (typeof from === 'string') throw new EngineFault(unfinished(`Redis at ${this.#shown}`, from))
  }

  #noticeLoss(): void {
    this.#doubt()
    this.#tellLoss()
  }

  /** What this node holds may not be in Redis any more. */
  #doubt(): void {
    this.#incomplete = true
    this.#claims.doubt()
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
    this.#health.recovered()
    // Nobody knows what was missed.
    for (const id of [...this.#rooms.ids(), ...this.#closedAway]) this.#changes.changed(id)
    this.#closedAway.clear()
  }

  down(reason: string): void {
    this.#feeds.down()
    this.#rooms.down()
    this.#people.down()
    this.#appends.down(reason)
    this.#health.failed(reason)
  }

  failed(reason: string): void {
    this.#health.failed(reason)
  }
}
