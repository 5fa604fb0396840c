import { randomBytes } from 'node:crypto'
import { Unavailable } from '../errors.ts'
import type { LogName } from '../event.ts'
import { unnote } from './claim.ts'
import { forEachLimit } from './concurrency.ts'
import { type RedisConnection, Refused } from './connection.ts'
import type { Health } from './health.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'

export interface LeaseTiming {
  /** Duration of a lease; a node whose lease is over is dead. */
  readonly leaseMs: number
  /** Time between two renewals. */
  readonly renewalMs: number
}

/** Maximum logs of a dead node that are cleaned up concurrently. */
const LOGS_AT_ONCE = 16
/** Maximum names in a script call, which takes Redis about 10 ms. */
const NAMES_PER_CALL = 500

/**
 * This node's lease, and the cleanup of dead nodes.
 *
 * A node is alive as long as it renews its lease. When the lease is over, any other node declares it dead: it may write to no log any more,
 * its claims are released and the missing `left` events appended, with scripts that have the same effect when several nodes run them. A
 * node may write only to logs that are in its set of logs, so the cleanup finds all of its claims.
 */
export class Nodes {
  /** Random id, replaced after this node was declared dead. Contains no full stop or space, as tokens begin with it. */
  id = newId()
  readonly #keys: Keys
  readonly #link: Link
  readonly #timing: LeaseTiming
  readonly #health: Health
  /** Random value that an empty server gets; a different one shows that the server was emptied. */
  #epoch = ''
  #lost = false
  /** Logs that this node may write to. */
  readonly #admitted = new Set<LogName>()
  /** Logs that this node may have written to under its present id. */
  readonly #entered = new Set<LogName>()
  readonly #entering = new Map<LogName, Promise<void>>()
  readonly #reaping = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #renewing: Promise<void> | undefined
  /** Start of the present renewal, in ms of `performance`. */
  #renewalStart = 0

  constructor(keys: Keys, link: Link, timing: LeaseTiming, health: Health) {
    this.#keys = keys
    this.#link = link
    this.#timing = timing
    this.#health = health
  }

  /** Renews the lease on a new connection. Unless it resolves with `ok`, {@link beginAnew} must be called. */
  async join(connection: RedisConnection): Promise<'ok' | 'lost' | 'dead'> {
    this.#renewing = undefined
    this.#timer ??= setInterval(() => this.#tick(), this.#timing.renewalMs).unref()
    const state = await this.#renewLease(connection)
    return state === 'ok' && this.#lost ? 'lost' : state
  }

  /** Continues under a new id without claims, and releases the claims of the old one. */
  async beginAnew(connection: RedisConnection): Promise<void> {
    const before = this.id
    this.id = newId()
    this.#epoch = ''
    this.#lost = false
    this.#admitted.clear()
    this.#entered.clear()
    await this.#renewLease(connection)
    // The node that declared this one dead may have died since. If this fails other nodes do it when the lease is over.
    await this.#reap(connection, before, true)
  }

  /** Called when Redis has lost committed data; reconnects under a new id. */
  noticeLoss(): void {
    this.#lost = true
    this.#link.reset('it has lost what it had confirmed')
  }

  /** Called when other nodes have declared this one dead; reconnects under a new id. */
  noticeDeath(): void {
    this.#link.reset('this node did not renew its lease in time')
  }

  /** All logs that this node may have written to under its present id. */
  get entered(): readonly LogName[] {
    return [...this.#entered]
  }

  isAdmitted(log: LogName): boolean {
    return this.#admitted.has(log)
  }

  /** Resolves when this node may write to a room's log. @throws Unavailable */
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
      // Redis has lost its data, or this node was declared dead: the next renewal shows which.
      this.#link.reset('this node is not known')
      throw new Unavailable('this node is not known to Redis')
    }
    if (id === this.id && this.#entered.has(log)) this.#admitted.add(log)
  }

  /** Called when a room is closed: its log needs no cleanup any more. */
  closed(log: LogName): void {
    this.#admitted.delete(log)
    if (!this.#entered.delete(log)) return
    // A remaining entry does no harm: the cleanup finds nothing there.
    this.#link.call(this.#keys.nodeLogs + this.id, 'SREM', log).catch(() => {})
  }

  /** Lists the rooms to whose logs any live node may write. */
  async inhabited(): Promise<number[]> {
    const logs = await this.#link.eval('inhabited', this.#keys.nodes, [this.#keys.nodeLogs])
    return logs.map((log) => roomOf(log as LogName)).filter((room) => room !== undefined)
  }

  /** Releases all claims and the lease. */
  async leave(connection: RedisConnection): Promise<void> {
    this.stop()
    await this.#reap(connection, this.id, true)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    if (!this.#renewing) void this.renew()
    else if (performance.now() - this.#renewalStart > this.#timing.leaseMs) this.#link.reset('it does not answer')
  }

  /** Renews the lease and reports the result to {@link Health}. */
  renew(): Promise<void> {
    const { connection } = this.#link
    if (!connection) return Promise.resolve()
    if (this.#renewing) return this.#renewing
    this.#renewalStart = performance.now()
    // The lease does not check the socket of the channels.
    const renewing = Promise.all([this.#renew(connection), connection.listening()])
      .then(
        () => {
          if (connection.reason === undefined) this.#health.recovered()
        },
        (error: unknown) => {
          // Other errors end the connection, which is reported on its own.
          if (error instanceof Refused) this.#health.failed(error.message)
        },
      )
      .finally(() => {
        if (this.#renewing === renewing) this.#renewing = undefined
      })
    this.#renewing = renewing
    return renewing
  }

  async #renew(connection: RedisConnection): Promise<void> {
    const state = await this.#renewLease(connection)
    if (state === 'dead') this.noticeDeath()
    if (state === 'lost') this.noticeLoss()
  }

  async #renewLease(connection: RedisConnection): Promise<'ok' | 'lost' | 'dead'> {
    const args = [this.id, this.#epoch, String(this.#timing.leaseMs), newId()]
    const [state, epoch = '', ...expired] = await connection.eval('renew', this.#keys.nodes, args)
    if (state === 'ok') this.#epoch = epoch
    // Not awaited, as it may take longer than a lease. After a failure the next renewal finds the node again.
    for (const node of expired) void this.#reap(connection, node).catch(() => {})
    return state
  }

  /** Declares a node dead if its lease is over or `self` is true, and cleans up its logs. Several nodes may do this concurrently. */
  async #reap(connection: RedisConnection, node: string, self = false): Promise<void> {
    if (this.#reaping.has(node)) return
    this.#reaping.add(node)
    try {
      const keys = [...this.#keys.nodes, this.#keys.nodeLogs + node]
      const logs = await connection.eval('bury', keys, [node, self ? '1' : '0', this.#keys.control])
      if (!logs) return
      await forEachLimit(logs, LOGS_AT_ONCE, (log) => this.#reapLog(connection, node, log as LogName))
      await connection.eval('buried', keys, [node])
    } finally {
      this.#reaping.delete(node)
    }
  }

  async #reapLog(connection: RedisConnection, node: string, log: LogName): Promise<void> {
    const room = roomOf(log) ?? 0
    const args = [node, String(room), this.#keys.control, String(NAMES_PER_CALL)]
    for (let next = '0'; next !== ''; ) {
      const [then, released] = await connection.eval('reap', this.#keys.ofLog(log, node), [...args, next])
      await Promise.all(
        released.map(([key, token, name]) => unnote(connection, this.#keys, { room, key, token, name })),
      )
      next = then
    }
  }
}

function newId(): string {
  return randomBytes(8).toString('hex')
}
