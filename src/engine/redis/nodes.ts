import { randomBytes } from 'node:crypto'
import { Unavailable } from '../engine.ts'
import type { LogName } from '../event.ts'
import { type Connection, Refused } from './connection.ts'
import type { Health } from './health.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'

export interface Timing {
  /** ms after which a node that has not renewed its lease is dead. */
  readonly lease: number
  /** ms from one renewal to the next. */
  readonly renew: number
}

/** Logs of a dead node that are seen to at once. */
const AT_ONCE = 16
/** Names in one of them that are seen to in one go: about ten milliseconds of Redis' work. */
const NAMES = 500

/** What a node finds when it comes to Redis. */
export interface Joined {
  /** Redis has forgotten something that it had confirmed. */
  readonly lost: boolean
  /** The others have taken this node for dead, and what it held from it: it goes on under another id. */
  readonly reborn: boolean
}

/**
 * This node among the others. It lives as long as it renews its lease; when it does not, whoever notices buries it: it gets
 * into no log any more, and in each log in which it held names these are released and the `left` that are owed appended,
 * by one script a log, so that it happens once however many see to it. To a log that a node has not been noted for it is not
 * admitted, so a node that is buried leaves nothing behind that nobody knows of.
 */
export class Nodes {
  /** Drawn anew when this one was buried. Without a full stop or a blank: tokens and marks begin with it. */
  id = newId()
  readonly #keys: Keys
  readonly #link: Link
  readonly #timing: Timing
  readonly #health: Health
  /** How often Redis has confirmed a renewal. */
  #beat = 0
  #lost = false
  #reborn = false
  /** Logs that this node may write to, of those that it ever could. */
  readonly #admitted = new Set<LogName>()
  readonly #entered = new Set<LogName>()
  readonly #entering = new Map<LogName, Promise<void>>()
  readonly #reaping = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #renewing: Promise<void> | undefined
  /** Since when. */
  #asked = 0

  constructor(keys: Keys, link: Link, timing: Timing, health: Health) {
    this.#keys = keys
    this.#link = link
    this.#timing = timing
    this.#health = health
  }

  /** Takes up a new connection. */
  async join(connection: Connection): Promise<Joined> {
    this.#renewing = undefined
    this.#timer ??= setInterval(() => this.#tick(), this.#timing.renew).unref()
    for (;;) {
      const [state, beat] = await this.#beatOnce(connection)
      if (state !== 'dead') {
        this.#beat = Number(beat)
        const lost = this.#lost || state === 'lost'
        const reborn = this.#reborn
        this.#lost = false
        this.#reborn = false
        if (lost) this.#admitted.clear()
        return { lost, reborn }
      }
      const before = this.id
      this.id = newId()
      this.#beat = 0
      this.#admitted.clear()
      this.#entered.clear()
      this.#reborn = true
      // Whoever buried it may have died over it.
      await this.#reap(connection, before)
    }
  }

  /** Redis has forgotten something that it had confirmed: begins anew. */
  noticeLoss(): void {
    this.#lost = true
    this.#link.reset('it has lost what it had confirmed')
  }

  /** The others have buried this node: begins anew, as another one. */
  noticeDeath(): void {
    this.#link.reset('this node did not renew its lease in time')
  }

  /** Every log that this node may have written to, under its present id. */
  get entered(): readonly LogName[] {
    return [...this.#entered]
  }

  isAdmitted(log: LogName): boolean {
    return this.#admitted.has(log)
  }

  /** Resolves when this node may write to a room's log. Rejects with {@link Unavailable}. */
  enter(log: LogName): Promise<void> {
    if (this.#admitted.has(log)) return Promise.resolve()
    const entering = this.#entering.get(log) ?? this.#enter(log).finally(() => this.#entering.delete(log))
    this.#entering.set(log, entering)
    return entering
  }

  async #enter(log: LogName): Promise<void> {
    const { id } = this
    this.#entered.add(log)
    const noted = await this.#link.run('enrol', [...this.#keys.nodes, this.#keys.nodeLogs + id], [id, log])
    const admitted = noted === 1 && (await this.#link.run('admit', this.#keys.ofLog(log, id), [id])) === 1
    if (!admitted) {
      // Forgotten or buried: which of the two the next renewal tells.
      this.#link.reset('this node is not known')
      throw new Unavailable('this node is not known to Redis')
    }
    if (id === this.id && this.#entered.has(log)) this.#admitted.add(log)
  }

  /** A room is no more: nothing that this node has in it will have to be taken from it. */
  closed(log: LogName): void {
    this.#admitted.delete(log)
    if (!this.#entered.delete(log)) return
    // What stays is looked at in vain when this node is taken out of its logs.
    this.#link.command(['SREM', this.#keys.nodeLogs + this.id, log]).catch(() => {})
  }

  /** All logs of rooms that some node may write to. */
  async inhabited(): Promise<number[]> {
    const logs = await this.#link.run('inhabited', this.#keys.nodes, [this.#keys.nodeLogs])
    return logs.map((log) => roomOf(log as LogName)).filter((room) => room !== undefined)
  }

  /** Releases everything, and the lease. */
  async leave(connection: Connection): Promise<void> {
    this.stop()
    await this.#reap(connection, this.id, true)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    if (!this.#renewing) void this.renew()
    else if (performance.now() - this.#asked > this.#timing.lease) this.#link.reset('it does not answer')
  }

  /** Renews the lease; from that {@link Health} knows whether commits work. */
  renew(): Promise<void> {
    const { connection } = this.#link
    if (!connection) return Promise.resolve()
    if (this.#renewing) return this.#renewing
    this.#asked = performance.now()
    // The lease says nothing of the socket on which channels are heard.
    const renewing = Promise.all([this.#renew(connection), connection.listening()])
      .then(
        () => {
          if (connection.reason === undefined) this.#health.recovered()
        },
        (error: unknown) => {
          // What else there may be is the connection's end, and that has said why.
          if (error instanceof Refused) this.#health.failed(error.message)
        },
      )
      .finally(() => {
        if (this.#renewing === renewing) this.#renewing = undefined
      })
    this.#renewing = renewing
    return renewing
  }

  async #renew(connection: Connection): Promise<void> {
    const [state, beat, ...expired] = await this.#beatOnce(connection)
    if (state === 'dead') return this.noticeDeath()
    this.#beat = Number(beat)
    if (state === 'lost') return this.noticeLoss()
    // Not waited for: it may take longer than a lease. What fails is found again.
    for (const node of expired) void this.#reap(connection, node).catch(() => {})
  }

  #beatOnce(connection: Connection) {
    return connection.run('renew', this.#keys.nodes, [this.id, String(this.#beat), String(this.#timing.lease)])
  }

  /** Buries a node, if it is dead or says so itself, and takes from it what it held. May be done again, by several at once. */
  async #reap(connection: Connection, node: string, self = false): Promise<void> {
    if (this.#reaping.has(node)) return
    this.#reaping.add(node)
    try {
      const keys = [...this.#keys.nodes, this.#keys.nodeLogs + node]
      const logs = await connection.run('bury', keys, [node, self ? '1' : '0', this.#keys.control])
      if (!logs) return
      for (let start = 0; start < logs.length; start += AT_ONCE) {
        const some = logs.slice(start, start + AT_ONCE)
        await Promise.all(some.map((log) => this.#reapLog(connection, node, log as LogName)))
      }
      await connection.run('buried', keys, [node])
    } finally {
      this.#reaping.delete(node)
    }
  }

  async #reapLog(connection: Connection, node: string, log: LogName): Promise<void> {
    const room = roomOf(log)
    const args = [node, String(room), this.#keys.control, String(NAMES)]
    for (let next = '0'; next !== ''; ) {
      const [then, released] = await connection.run('reap', this.#keys.ofLog(log, node), [...args, next])
      const unnoted = released.map(([key, token]) =>
        connection.command(['SREM', this.#keys.heldIn(key), `${room} ${token}`]),
      )
      await Promise.all(unnoted)
      next = then
    }
  }
}

function newId(): string {
  return randomBytes(8).toString('hex')
}
