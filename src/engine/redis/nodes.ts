import { randomBytes } from 'node:crypto'
import { Unavailable } from '../engine.ts'
import type { LogName } from '../event.ts'
import type { Health } from './health.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import { type RedisPort, Refused } from './port.ts'

export interface Timing {
  /** ms after which a node that has not renewed its lease is dead. */
  readonly leaseMs: number
  /** ms from one renewal to the next. */
  readonly renewalMs: number
}

/** Logs of a dead node that are seen to at once. */
const AT_ONCE = 16
/** Names in one of them that are seen to in one go: about ten milliseconds of Redis' work. */
const NAMES = 500

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
  /** What a server without data has drawn at random: another one tells that the server was emptied. */
  #epoch = ''
  #lost = false
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

  /** Takes up a new port. Resolves with whether this node may go on as it is: else {@link beginAnew} comes next. */
  async join(port: RedisPort): Promise<'ok' | 'lost' | 'dead'> {
    this.#renewing = undefined
    this.#timer ??= setInterval(() => this.#tick(), this.#timing.renewalMs).unref()
    const state = await this.#renewLease(port)
    return state === 'ok' && this.#lost ? 'lost' : state
  }

  /** Goes on as another node, which holds nothing: gives up all that this one holds. */
  async beginAnew(port: RedisPort): Promise<void> {
    const before = this.id
    this.id = newId()
    this.#epoch = ''
    this.#lost = false
    this.#admitted.clear()
    this.#entered.clear()
    await this.#renewLease(port)
    // Whoever buried it may have died over it. Where this breaks off its lease ends.
    await this.#reap(port, before, true)
  }

  /** Redis has lost something that it had confirmed: begins anew. */
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
    const noted = await this.#link.eval('enrol', [...this.#keys.nodes, this.#keys.nodeLogs + id], [id, log])
    const admitted = noted === 1 && (await this.#link.eval('admit', this.#keys.ofLog(log, id), [id])) === 1
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
    this.#link.call(this.#keys.nodeLogs + this.id, 'SREM', log).catch(() => {})
  }

  /** All logs of rooms that some node may write to. */
  async inhabited(): Promise<number[]> {
    const logs = await this.#link.eval('inhabited', this.#keys.nodes, [this.#keys.nodeLogs])
    return logs.map((log) => roomOf(log as LogName)).filter((room) => room !== undefined)
  }

  /** Releases everything, and the lease. */
  async leave(port: RedisPort): Promise<void> {
    this.stop()
    await this.#reap(port, this.id, true)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    if (!this.#renewing) void this.renew()
    else if (performance.now() - this.#asked > this.#timing.leaseMs) this.#link.reset('it does not answer')
  }

  /** Renews the lease; from that {@link Health} knows whether commits work. */
  renew(): Promise<void> {
    const { port } = this.#link
    if (!port) return Promise.resolve()
    if (this.#renewing) return this.#renewing
    this.#asked = performance.now()
    // The lease says nothing of the socket on which channels are heard.
    const renewing = Promise.all([this.#renew(port), port.listening()])
      .then(
        () => {
          if (port.reason === undefined) this.#health.recovered()
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

  async #renew(port: RedisPort): Promise<void> {
    const state = await this.#renewLease(port)
    if (state === 'dead') this.noticeDeath()
    if (state === 'lost') this.noticeLoss()
  }

  async #renewLease(port: RedisPort): Promise<'ok' | 'lost' | 'dead'> {
    const args = [this.id, this.#epoch, String(this.#timing.leaseMs), newId()]
    const [state, epoch = '', ...expired] = await port.eval('renew', this.#keys.nodes, args)
    if (state === 'ok') this.#epoch = epoch
    // Not waited for: it may take longer than a lease. What fails is found again.
    for (const node of expired) void this.#reap(port, node).catch(() => {})
    return state
  }

  /** Buries a node, if it is dead or says so itself, and takes from it what it held. May be done again, by several at once. */
  async #reap(port: RedisPort, node: string, self = false): Promise<void> {
    if (this.#reaping.has(node)) return
    this.#reaping.add(node)
    try {
      const keys = [...this.#keys.nodes, this.#keys.nodeLogs + node]
      const logs = await port.eval('bury', keys, [node, self ? '1' : '0', this.#keys.control])
      if (!logs) return
      for (let start = 0; start < logs.length; start += AT_ONCE) {
        const some = logs.slice(start, start + AT_ONCE)
        await Promise.all(some.map((log) => this.#reapLog(port, node, log as LogName)))
      }
      await port.eval('buried', keys, [node])
    } finally {
      this.#reaping.delete(node)
    }
  }

  async #reapLog(port: RedisPort, node: string, log: LogName): Promise<void> {
    const room = roomOf(log)
    const args = [node, String(room), this.#keys.control, String(NAMES)]
    for (let next = '0'; next !== ''; ) {
      const [then, released] = await port.eval('reap', this.#keys.ofLog(log, node), [...args, next])
      const unnoted = released.map(([key, token]) => port.call(this.#keys.heldIn(key), 'SREM', `${room} ${token}`))
      await Promise.all(unnoted)
      next = then
    }
  }
}

function newId(): string {
  return randomBytes(8).toString('hex')
}
