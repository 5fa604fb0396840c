import { type Member, Unavailable } from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { timeAt } from '../event.ts'
import { fold } from '../fold.ts'
import { forEach } from './at-once.ts'
import { type Claim, memberOf, noteOf, tokenOf } from './claim.ts'
import { type Connection, ConnectionLost } from './connection.ts'
import type { Feeds } from './feeds.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Nodes } from './nodes.ts'
import { restoreRoom } from './restore.ts'

/** Claims that are released at once, and rooms that are put back at once. */
const CLAIMS = 500
const ROOMS = 32

/**
 * Who holds a name. A claim is a token in the room's slot, among those of all and among those of its node; beside it, in the
 * name's slot, stands in which rooms the name may be held. That is written when the claim stands and removed before it is
 * gone, so that it is never left behind, and who asks looks into the rooms: whoever has been told that he holds a name is
 * found.
 */
export class Claims {
  readonly #keys: Keys
  readonly #link: Link
  readonly #nodes: Nodes
  readonly #feeds: Feeds
  readonly #held = new Map<string, Claim>()
  /** To be released as soon as Redis is there: claims of which it is not known whether they stand. */
  readonly #pending = new Set<Claim>()
  #number = 0

  constructor(keys: Keys, link: Link, nodes: Nodes, feeds: Feeds) {
    this.#keys = keys
    this.#link = link
    this.#nodes = nodes
    this.#feeds = feeds
  }

  async claim(room: number, name: string, carriesPrivate: boolean): Promise<boolean> {
    await this.#nodes.enter(`room:${room}`)
    const { id } = this.#nodes
    const key = fold(name)
    const token = tokenOf(id, ++this.#number, carriesPrivate)
    const claim: Claim = { room, key, name, token, joined: false, color: '', certain: true }
    const [claimed, noted] = await Promise.allSettled([
      this.#link.run('claim', this.#keys.ofLog(`room:${room}`, id), [id, key, token, name]),
      this.#link.command(['SADD', this.#keys.heldIn(key), noteOf(claim)]),
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
    else await this.#link.command(['SREM', this.#keys.heldIn(key), noteOf(claim)]).catch(() => {})
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
    if (!claim) return
    this.#held.delete(place)
    await this.#giveBack(claim)
  }

  /** What came of it when somebody here said that he has come or gone. */
  note({ kind, room, from, color }: Draft): void {
    const claim = this.#held.get(placeOf(room, fold(from)))
    if (!claim) return
    claim.joined = kind === 'joined'
    claim.color = color ?? ''
  }

  /** A room is no more, and nobody holds a name in it. */
  closed(room: number): void {
    for (const [place, claim] of this.#held) {
      if (claim.room !== room) continue
      this.#held.delete(place)
      void this.#giveBack(claim)
    }
  }

  /** The others have taken everything from this node. */
  forget(): void {
    this.#held.clear()
  }

  /** Releases what could not be released before. */
  async releasePending(connection: Connection): Promise<void> {
    await forEach(this.#pending, CLAIMS, async (claim) => {
      await this.#release(connection, claim)
      this.#pending.delete(claim)
    })
  }

  /** Redis may have lost any of what this node holds, until {@link restore} has put it back. */
  doubt(): void {
    for (const claim of this.#held.values()) claim.certain = false
  }

  /**
   * Makes Redis hold again what this node holds, and no more, after it may have lost something; true when it has. Whoever has
   * lost his name to somebody else by now is told that he has left. What is put back once stays so: where the connection
   * breaks over it the next attempt has less to do.
   */
  async restore(connection: Connection): Promise<boolean> {
    const claimed = Map.groupBy(this.#held.values(), ({ room }): LogName => `room:${room}`)
    let lost = false
    await forEach(new Set([...this.#nodes.entered, ...claimed.keys()]), ROOMS, async (log) => {
      const room = { log, node: this.#nodes.id, floor: this.#feeds.get(log)?.seen ?? 0, claims: claimed.get(log) ?? [] }
      const restored = await restoreRoom(connection, this.#keys, room)
      for (const claim of restored.conflicts) await this.#lose(connection, log, claim)
      if (restored.lost) lost = true
    })
    return lost
  }

  holds(room: number, name: string): boolean {
    return this.#held.has(placeOf(room, fold(name)))
  }

  async member(room: number, name: string): Promise<Member | undefined> {
    // The reply to HGET.
    const held = (await this.#link.command(['HGET', this.#keys.held(room), fold(name)])) as string | null
    return held === null ? undefined : memberOf(held)
  }

  async members(room: number): Promise<string[]> {
    // The reply to HVALS.
    const values = (await this.#link.command(['HVALS', this.#keys.held(room)])) as readonly string[]
    const members = values.map(memberOf).filter((member) => member !== undefined)
    return members.sort((a, b) => a.place - b.place).map(({ name }) => name)
  }

  async memberCounts(): Promise<Map<number, number>> {
    const rooms = await this.#nodes.inhabited()
    const counts = await Promise.all(rooms.map((room) => this.#link.command(['HLEN', this.#keys.held(room)])))
    return new Map(rooms.map((room, place) => [room, Number(counts[place])] as const).filter(([, count]) => count > 0))
  }

  async heldIn(name: string): Promise<number[]> {
    const key = fold(name)
    // The reply to SMEMBERS.
    const noted = (await this.#link.command(['SMEMBERS', this.#keys.heldIn(key)])) as readonly string[]
    const rooms = [...new Set(noted.map((note) => Number.parseInt(note, 10)))]
    const held = await Promise.all(rooms.map((room) => this.#link.command(['HEXISTS', this.#keys.held(room), key])))
    return rooms.filter((_, place) => held[place] === 1)
  }

  async #giveBack(claim: Claim): Promise<void> {
    const { connection } = this.#link
    try {
      if (connection) return await this.#release(connection, claim)
    } catch {
      // Once more then, when there is another connection.
    }
    this.#pending.add(claim)
  }

  async #release(connection: Connection, claim: Claim): Promise<void> {
    const { room, key, token } = claim
    const { id } = this.#nodes
    const args = [id, key, token, String(room), this.#keys.control]
    await Promise.all([
      connection.command(['SREM', this.#keys.heldIn(key), noteOf(claim)]),
      connection.run('release', this.#keys.ofLog(`room:${room}`, id), args),
    ])
  }

  /** Somebody else holds the name by now. */
  async #lose(connection: Connection, log: LogName, claim: Claim): Promise<void> {
    const { room, key, name } = claim
    await this.#release(connection, claim)
    this.#held.delete(placeOf(room, key))
    if (!claim.joined) return
    const left = (id: number): Event => ({ id, at: timeAt(id, Date.now()), kind: 'left', room, from: name, body: '' })
    this.#feeds.get(log)?.invent(left)
  }
}

function placeOf(room: number, key: string): string {
  return `${room} ${key}`
}
