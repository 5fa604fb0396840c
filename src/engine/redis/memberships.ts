import { Full, Unavailable } from '../errors.ts'
import { fold } from '../fold.ts'
import type { ClaimOptions, EngineMemberships, Member } from '../memberships.ts'
import { skeletonsOf } from '../skeleton.ts'
import { type Claim, memberOf, note, tokenOf, unnote } from './claim.ts'
import { forEachLimit } from './concurrency.ts'
import { ConnectionLost, type RedisConnection } from './connection.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import type { Nodes } from './nodes.ts'

/** Maximum claims that are released concurrently. */
const CLAIMS_AT_ONCE = 500
/** Maximum rooms whose claims are compared concurrently. */
const ROOMS_AT_ONCE = 32
/** Number of claims with the same look that are read at a time. */
const LOOKS = 16

/**
 * The names that are held in rooms. A claim is a token in the room's slot, in the hash of all names and in the hash of its node. In addition
 * the name's slot has a set of the rooms in which the name may be held ({@link Keys.heldIn}), and the slot of each skeleton of the name a
 * list of claims ({@link Keys.look}). A crash can leave an entry there without a claim, so {@link heldIn} and {@link resembles} check each
 * room.
 */
export class RedisMemberships implements EngineMemberships {
  readonly #keys: Keys
  readonly #link: Link
  readonly #nodes: Nodes
  readonly #changed: (room: number) => void
  readonly #held = new Map<string, Claim>()
  /** Claims to release on the next connection, as it is unknown whether Redis has them. */
  readonly #pending = new Set<Claim>()
  #number = 0

  /** `changed` is called with a room in which this node has released a name. */
  constructor(keys: Keys, link: Link, nodes: Nodes, changed: (room: number) => void) {
    this.#keys = keys
    this.#link = link
    this.#nodes = nodes
    this.#changed = changed
  }

  async claim(room: number, name: string, options: ClaimOptions = {}): Promise<boolean> {
    const { shared = false, client = '', most = '' } = options
    await this.#nodes.enter(`room:${room}`)
    const { id } = this.#nodes
    const key = fold(name)
    const token = tokenOf(id, ++this.#number, options)
    const claim: Claim = { room, key, token, name: shared ? undefined : name }
    const args = [id, key, token, name, shared ? '*' : client, String(most)]
    const [claimed, ...notes] = await Promise.allSettled([
      this.#link.eval('claim', this.#keys.ofLog(`room:${room}`, id), args),
      ...note(this.#link, this.#keys, claim),
    ])
    const answer = claimed.status === 'fulfilled' ? claimed.value : undefined
    if (answer === 'taken' && notes.every(({ status }) => status === 'fulfilled')) {
      this.#held.set(placeOf(room, key), claim)
      return true
    }
    const errors = [claimed, ...notes].filter((result) => result.status === 'rejected').map(({ reason }) => reason)
    if (errors.some((error) => error instanceof ConnectionLost)) this.#pending.add(claim)
    else if (answer === 'taken') await this.#releaseOrDefer(claim)
    // A remaining entry does no harm: heldIn and resembles check it.
    else await unnote(this.#link, this.#keys, claim).catch(() => {})
    if (answer === 'held') return false
    if (answer === 'full') throw new Full(`room ${room}`)
    if (errors.length > 0) throw errors[0]
    if (answer === 'unknown') this.#nodes.noticeLoss()
    else this.#nodes.noticeDeath()
    throw new Unavailable(`this node is ${answer} to Redis`)
  }

  /**
   * Releases a name: immediately for later requests of this node, as Redis executes in order; for other nodes when this resolves. While
   * Redis is away the name stays held until the next connection, or until this node's lease is over.
   */
  async release(room: number, name: string): Promise<void> {
    const place = placeOf(room, fold(name))
    const claim = this.#held.get(place)
    this.#held.delete(place)
    const released = claim && this.#releaseOrDefer(claim)
    this.#changed(room)
    await released
  }

  async share(room: number, name: string): Promise<void> {
    const claim = this.#held.get(placeOf(room, fold(name)))
    if (claim) await this.#link.eval('share', this.#keys.ofLog(`room:${room}`, ''), [claim.key, claim.token])
  }

  /** Called when a room is closed; drops the claims in it. */
  closed(room: number): void {
    for (const [place, claim] of this.#held) {
      if (claim.room !== room) continue
      this.#held.delete(place)
      void this.#releaseOrDefer(claim)
    }
  }

  /** Drops all claims of this node. */
  forget(): void {
    this.#held.clear()
  }

  /** Releases claims whose release has failed. */
  async releasePending(connection: RedisConnection): Promise<void> {
    await forEachLimit(this.#pending, CLAIMS_AT_ONCE, async (claim) => {
      await this.#release(connection, claim)
      this.#pending.delete(claim)
    })
  }

  /** Resolves with true if the claims of this node in Redis are the same as in memory. */
  async areKept(connection: RedisConnection): Promise<boolean> {
    const held = Map.groupBy(this.#held.values(), ({ room }) => room)
    let kept = true
    await forEachLimit(this.#nodes.entered, ROOMS_AT_ONCE, async (log) => {
      const room = roomOf(log) ?? 0
      const tokens = new Set(held.get(room)?.map(({ token }) => token))
      // The reply to HKEYS.
      const found = (await connection.call(this.#keys.claims(room, this.#nodes.id), 'HKEYS')) as readonly string[]
      if (tokens.size !== found.length || found.some((token) => !tokens.has(token))) kept = false
    })
    return kept
  }

  holds(room: number, name: string): boolean {
    return this.#held.has(placeOf(room, fold(name)))
  }

  async member(room: number, name: string): Promise<Member | undefined> {
    // The reply to HGET.
    const held = (await this.#link.call(this.#keys.held(room), 'HGET', fold(name))) as string | null
    return held === null ? undefined : memberOf(held)
  }

  async members(room: number): Promise<string[]> {
    // The reply to HVALS.
    const values = (await this.#link.call(this.#keys.held(room), 'HVALS')) as readonly string[]
    const members = values.map(memberOf).filter((member) => member !== undefined)
    return members.sort((a, b) => a.place - b.place).map(({ name }) => name)
  }

  async inside(room: number): Promise<string[]> {
    const [members, keys] = await Promise.all([this.members(room), this.#link.call(this.#keys.joined(room), 'HKEYS')])
    // The reply to HKEYS.
    const present = new Set(keys as readonly string[])
    return members.filter((name) => present.has(fold(name)))
  }

  async counts(): Promise<Map<number, number>> {
    const rooms = await this.#nodes.inhabited()
    const counts = await Promise.all(rooms.map((room) => this.#link.call(this.#keys.held(room), 'HLEN')))
    return new Map(rooms.map((room, place) => [room, Number(counts[place])] as const).filter(([, count]) => count > 0))
  }

  async heldIn(name: string): Promise<number[]> {
    const key = fold(name)
    // The reply to SMEMBERS.
    const noted = (await this.#link.call(this.#keys.heldIn(key), 'SMEMBERS')) as readonly string[]
    const rooms = [...new Set(noted.map((note) => Number.parseInt(note, 10)))]
    const held = await Promise.all(rooms.map((room) => this.#link.call(this.#keys.held(room), 'HEXISTS', key)))
    return rooms.filter((_, place) => held[place] === 1)
  }

  async resembles(name: string): Promise<boolean> {
    const key = fold(name)
    const firsts = await Promise.all(skeletonsOf(name).map((skeleton) => this.#firstOf(this.#keys.look(skeleton))))
    return firsts.some((first) => first !== undefined && first !== key)
  }

  /** Resolves with the folded name of the first claim in a list of {@link Keys.look}. */
  async #firstOf(look: string): Promise<string | undefined> {
    for (let start = 0; ; start += LOOKS) {
      // The reply to LRANGE.
      const range = [String(start), String(start + LOOKS - 1)]
      const claims = (await this.#link.call(look, 'LRANGE', ...range)) as readonly string[]
      const parsed = claims.map((claim) => {
        const [, room, key = ''] = /^(\d+) \S+ (.*)$/s.exec(claim) ?? []
        return { room: Number(room), key }
      })
      // A crash can leave an entry without a claim.
      const held = await Promise.all(
        parsed.map(({ room, key }) => this.#link.call(this.#keys.held(room), 'HEXISTS', key)),
      )
      const first = parsed.find((_, place) => held[place] === 1)
      if (first || claims.length < LOOKS) return first?.key
    }
  }

  async #releaseOrDefer(claim: Claim): Promise<void> {
    const { connection } = this.#link
    try {
      if (connection) return await this.#release(connection, claim)
    } catch {
      // Released on the next connection.
    }
    this.#pending.add(claim)
  }

  async #release(connection: RedisConnection, claim: Claim): Promise<void> {
    const { room, key, token } = claim
    const { id } = this.#nodes
    const args = [id, key, token, String(room), this.#keys.control]
    await Promise.all([
      unnote(connection, this.#keys, claim),
      connection.eval('release', this.#keys.ofLog(`room:${room}`, id), args),
    ])
  }
}

function placeOf(room: number, key: string): string {
  return `${room} ${key}`
}
