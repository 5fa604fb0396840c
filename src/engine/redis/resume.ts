import { EngineFault } from '../engine.ts'
import type { EngineObserver } from '../observer.ts'
import { unfinishedImport } from '../transfer.ts'
import type { ControlChannel } from './control-channel.ts'
import type { Health } from './health.ts'
import type { Keys } from './keys.ts'
import type { LinkEvents } from './link.ts'
import type { Logs } from './logs.ts'
import type { RedisMemberships } from './memberships.ts'
import type { Nodes } from './nodes.ts'
import type { RedisPort } from './port.ts'
import type { RedisRecords } from './records.ts'
import type { RedisRooms } from './rooms.ts'

/** All that a port is taken up for. */
export interface Parts {
  readonly keys: Keys
  readonly health: Health
  readonly nodes: Nodes
  readonly logs: Logs
  readonly memberships: RedisMemberships
  readonly rooms: RedisRooms
  readonly records: RedisRecords
  readonly control: ControlChannel
}

/**
 * What happens when a connection comes and goes, part by part.
 *
 * Nothing that Redis has lost is put back. A loss is noticed by the epoch (see {@link Nodes.join}), by the position in a log or in
 * the changes of rooms, and, where the server has started again or a replica has taken over, by the claims. Then this node begins
 * anew as another one that holds nothing, as it does when the others have taken it for dead.
 */
export class Resume implements LinkEvents {
  readonly #parts: Parts
  readonly #lobby: string | undefined
  /** Where Redis is. */
  readonly #shown: string
  readonly #watch: EngineObserver
  #started = false
  /** Rooms that were closed while the connection was gone. */
  readonly #closedAway = new Set<number>()
  /** The identity of what the server has, see {@link Resume.#historyOf}. */
  #history = ''
  /** A loss was dealt with, and the connection has not been up since. */
  #hasLost = false

  constructor(parts: Parts, lobby: string | undefined, shown: string, watch: EngineObserver) {
    this.#parts = parts
    this.#lobby = lobby
    this.#shown = shown
    this.#watch = watch
  }

  /** Takes up where the last port ended. Channels first: what is told from now on is not missed. */
  async resume(port: RedisPort): Promise<void> {
    const { keys, health, control, logs, nodes, memberships, rooms } = this.#parts
    if (!this.#started) await this.#refuseUnfinished(port)
    if (port.warning !== undefined) health.warn(port.warning)
    await port.subscribe([keys.control], (text) => control.heard(text))
    await logs.subscribe(port)
    const state = await nodes.join(port)
    if (state === 'lost') await this.#lose(port)
    if (state === 'dead') {
      this.#watch.evicted?.()
      await this.#beginAnew(port)
    }
    await logs.settle(port)
    const { lost, closed } = await rooms.load(port, this.#lobby)
    for (const id of closed) {
      control.closed(id)
      this.#closedAway.add(id)
    }
    await memberships.releasePending(port)
    const history = await this.#historyOf(port)
    if (lost || (history !== this.#history && !(await memberships.areKept(port)))) await this.#lose(port)
    this.#history = history
    if (await logs.read(port)) await this.#lose(port)
    this.#hasLost = false
  }

  /** The server draws it anew when it starts, and a replica when it takes over: the times when something may be lost. */
  async #historyOf(port: RedisPort): Promise<string> {
    const about = await Promise.all(port.everyServer().map((ask) => ask('INFO', 'replication')))
    return about.map((text) => /^master_replid:(\w+)/m.exec(String(text))?.[1]).join()
  }

  async #refuseUnfinished(port: RedisPort): Promise<void> {
    const mark = await port.call(this.#parts.keys.importMark, 'GET')
    if (typeof mark === 'string') throw new EngineFault(unfinishedImport(`Redis at ${this.#shown}`))
  }

  /** Redis has lost something that it had confirmed. */
  async #lose(port: RedisPort): Promise<void> {
    if (this.#hasLost) return
    this.#hasLost = true
    this.#watch.lost?.(`Redis at ${this.#shown} has lost what it had confirmed`)
    await this.#beginAnew(port)
  }

  async #beginAnew(port: RedisPort): Promise<void> {
    const begun = this.#parts.nodes.beginAnew(port)
    // By now it is another node.
    this.#parts.memberships.forget()
    await begun
  }

  up(): void {
    if (!this.#started) {
      this.#started = true
      return
    }
    this.#parts.health.recovered()
    this.#parts.control.missed([...this.#parts.rooms.ids(), ...this.#closedAway])
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
