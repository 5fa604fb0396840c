import { type ClaimOptions, type EngineMemberships, type Member, Unavailable } from '../engine.ts'
import { fold } from '../fold.ts'
import { type Claim, memberOf, noteOf, tokenOf } from './claim.ts'
import { forEachLimit } from './concurrency.ts'
import { type Keys, roomOf } from './keys.ts'
import type { Link } from './link.ts'
import type { Nodes } from './nodes.ts'
import { ConnectionLost, type RedisPort } from './port.ts'

/** Claims that are released at once, and rooms that are compared at once. */
const CLAIMS = 500
const ROOMS = 32

/**
 * Who holds a name. A claim is a token in the room's slot, among those of all and among those of its node; beside it, in the
 * name's slot, stands in which rooms the name may be held. That is written when the claim stands and removed before it is
 * gone, so that it is never left behind, and who asks looks into the rooms: whoever has been told that he holds a name is
 * found.
 */
export class RedisMemberships implements EngineMemberships {
  readonly #keys: Keys
  readonly #link: Link
  readonly #nodes: Nodes
  readonly #changed: (room: number) => void
  readonly #held = new Map<string, Claim>()
  /** To be released as soon as Redis is there: claims of which it is not known whether they stand. */
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
    const { carriesPrivate = true, shared = false } = options
    await this.#nodes.enter(`room:${room}`)
    const { id } = this.#nodes
    const key = fold(name)
    const token = tokenOf(id, ++this.#number, carriesPrivate)
    const claim: Claim = { room, key, token }
    const [claimed, noted] = await Promise.allSettled([
      this.#link.eval('claim', this.#keys.ofLog(`room:${room}`, id), [id, key, token, name, shared ? '1' : '0']),
      this.#link.call(this.#keys.heldIn(key), 'SADD', noteOf(claim)),
    ])
    const answer = claimed.status === 'fulfilled' ? claimed.value : undefined
    if (answer === 'taken' && noted.status === 'fulfilled') {
      this.#held.set(placeOf(room, key), claim)
      return true
    }
    const errors = [claimed, noted].filter((result) => result.status === 'rejected').map(({ reason }) => reason)
    if (errors.some((error) => error instanceof ConnectionLost)) this.#pending.add(claim)
    else if (answer === 'taken') await this.#giveBack(claim)
    // What stays is looked at in vain, no more.
    else await this.#link.call(this.#keys.heldIn(key), 'SREM', noteOf(claim)).catch(() => {})
    if (answer === 'held') return false
    if (errors.length > 0) throw errors[0]
    if (answer === 'unknown') this.#nodes.noticeLoss()
    else this.#nodes.noticeDeath()
    throw new Unavailable(`this node is ${answer} to Redis`)
  }

  /**
   * Frees a name: for requests on this node at once, as Redis works in order; for other nodes when this resolves. While Redis is
   * away the name stays held until it is back, or until this node's lease is over.
   */
  async release(room: number, name: string): Promise<void> {
    const place = placeOf(room, fold(name))
    const claim = this.#held.get(place)
    this.#held.delete(place)
    const released = claim && this.#giveBack(claim)
    this.#changed(room)
    await released
  }

  /** Allows other nodes to hold a name that this one holds. */
  async share(room: number, name: string): Promise<void> {
    const claim = this.#held.get(placeOf(room, fold(name)))
    if (claim) await this.#link.eval('share', this.#keys.ofLog(`room:${room}`, ''), [claim.key, claim.token])
  }

  /** A room is no more, and nobody holds a name in it. */
  closed(room: number): void {
    for (const [place, claim] of this.#held) {
      if (claim.room !== room) continue
      this.#held.delete(place)
      void this.#giveBack(claim)
    }
  }

  /** This node holds nothing any more. */
  forget(): void {
    this.#held.clear()
  }

  /** Releases what could not be released before. */
  async releasePending(port: RedisPort): Promise<void> {
    await forEachLimit(this.#pending, CLAIMS, async (claim) => {
      await this.#release(port, claim)
      this.#pending.delete(claim)
    })
  }

  /** Whether Redis holds for this node just what this node takes itself to hold. */
  async areKept(port: RedisPort): Promise<boolean> {
    const held = Map.groupBy(this.#held.values(), ({ room }) => room)
    let kept = true
    await forEachLimit(this.#nodes.entered, ROOMS, async (log) => {
      const room = roomOf(log) ?? 0
      const tokens = new Set(held.get(room)?.map(({ token }) => token))
      // The reply to HKEYS.
      const found = (await port.call(this.#keys.claims(room, this.#nodes.id), 'HKEYS')) as readonly string[]
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

  async #giveBack(claim: Claim): Promise<void> {
    const { port } = this.#link
    try {
      if (port) return await this.#release(port, claim)
    } catch {
      // Once more then, when there is another connection.
    }
    this.#pending.add(claim)
  }

  async #release(port: RedisPort, claim: Claim): Promise<void> {
    const { room, key, token } = claim
    const { id } = this.#nodes
    const args = [id, key, token, String(room), this.#keys.control]
    await Promise.all([
      port.call(this.#keys.heldIn(key), 'SREM', noteOf(claim)),
      port.eval('release', this.#keys.ofLog(`room:${room}`, id), args),
    ])
  }
}

function placeOf(room: number, key: string): string {
  return `${room} ${key}`
}
