import { Unavailable } from '../engine.ts'
import type { Draft, Event, LogName } from '../event.ts'
import { timeOf } from '../event.ts'
import { fold } from '../fold.ts'
import type { Connection } from './connection.ts'
import type { Feeds } from './feeds.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Nodes } from './nodes.ts'

/** A name that this node holds in a room. */
interface Claim {
  readonly room: number
  readonly key: string
  readonly name: string
  /** Whose claim it is: no other has the same. */
  readonly token: string
  joined: boolean
  color: string
}

/**
 * Who holds a name. A claim is a token in the room's slot; beside it, in the name's slot, stands in which rooms the name may
 * be held. That is written before the claim and removed after it, so it is never less than the truth: whoever asks looks
 * into the rooms.
 */
export class Claims {
  readonly #keys: Keys
  readonly #link: Link
  readonly #nodes: Nodes
  readonly #feeds: Feeds
  readonly #held = new Map<string, Claim>()
  /** To be released as soon as Redis is there: claims of which it is not known whether they stand. */
  readonly #owed = new Set<Claim>()
  #number = 0

  constructor(keys: Keys, link: Link, nodes: Nodes, feeds: Feeds) {
    this.#keys = keys
    this.#link = link
    this.#nodes = nodes
    this.#feeds = feeds
  }

  async claim(room: number, name: string): Promise<boolean> {
    await this.#nodes.enter(`room:${room}`)
    const key = fold(name)
    const token = `${this.#nodes.id}.${++this.#number}`
    const claim: Claim = { room, key, name, token, joined: false, color: '' }
    const { id } = this.#nodes
    let answer: 'taken' | 'held' | 'unknown' | 'dead'
    try {
      const noted = this.#link.command(['SADD', this.#keys.heldIn(key), `${room} ${token}`])
      const args = [id, key, token, name]
      ;[, answer] = await Promise.all([noted, this.#link.run('claim', this.#keys.ofLog(`room:${room}`, id), args)])
    } catch (error) {
      this.#owed.add(claim)
      throw error
    }
    if (answer === 'taken') {
      this.#held.set(placeOf(room, key), claim)
      return true
    }
    await this.#unnote(claim)
    if (answer === 'held') return false
    if (answer === 'unknown') this.#nodes.noticeLoss()
    else this.#nodes.noticeDeath()
    throw new Unavailable(`this node is ${answer} to Redis`)
  }

  /**
   * Does not wait for Redis, which does one thing after the other: the name is free for whatever is asked here from now on.
   * Where Redis is away it is free when that comes back, or when this node's lease is over.
   */
  release(room: number, name: string): void {
    const place = placeOf(room, fold(name))
    const claim = this.#held.get(place)
    if (!claim) return
    this.#held.delete(place)
    const { connection } = this.#link
    if (connection) this.#release(connection, claim).catch(() => this.#owed.add(claim))
    else this.#owed.add(claim)
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
      void this.#unnote(claim)
    }
  }

  /** The others have taken everything from this node. */
  forget(): void {
    this.#held.clear()
    this.#owed.clear()
  }

  /** Releases what is owed. */
  async pay(connection: Connection): Promise<void> {
    for (const claim of [...this.#owed]) {
      await this.#release(connection, claim)
      this.#owed.delete(claim)
    }
  }

  /**
   * Makes Redis hold again what this node holds, and no more, after it has lost something. Whoever has lost his name to
   * somebody else by now is told that he has left.
   */
  async restore(connection: Connection): Promise<void> {
    const claimed = Map.groupBy(this.#held.values(), ({ room }): LogName => `room:${room}`)
    for (const log of new Set([...this.#nodes.entered, ...claimed.keys()])) {
      const claims = claimed.get(log) ?? []
      const room = Number(log.slice('room:'.length))
      const { id } = this.#nodes
      await connection.run('enrol', [...this.#keys.nodes, this.#keys.nodeLogs + id], [id, log])
      const args = [id, String(this.#feeds.get(log)?.seen ?? 0), String(room), this.#keys.control]
      for (const { key, token, name, joined, color } of claims) {
        args.push(key, token, name, joined ? '1' : '0', color)
        await connection.command(['SADD', this.#keys.heldIn(key), `${room} ${token}`])
      }
      for (const key of await connection.run('restore', this.#keys.ofLog(log, id), args)) this.#putOut(log, room, key)
    }
  }

  async members(room: number): Promise<string[]> {
    // The reply to HVALS.
    const values = (await this.#link.command(['HVALS', this.#keys.held(room)])) as readonly string[]
    const held = values.map((value) => /^(\d+) \S+ (.*)$/s.exec(value)).filter((match) => match !== null)
    return held.sort((a, b) => Number(a[1]) - Number(b[1])).map(([, , name = '']) => name)
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

  async #release(connection: Connection, claim: Claim): Promise<void> {
    const { room, key, token } = claim
    const { id } = this.#nodes
    const args = [id, key, token, String(room), this.#keys.control]
    await connection.run('release', this.#keys.ofLog(`room:${room}`, id), args)
    await connection.command(['SREM', this.#keys.heldIn(key), `${room} ${token}`])
  }

  async #unnote({ room, key, token }: Claim): Promise<void> {
    // What stays is looked at in vain, no more.
    await this.#link.command(['SREM', this.#keys.heldIn(key), `${room} ${token}`]).catch(() => {})
  }

  #putOut(log: LogName, room: number, key: string): void {
    const claim = this.#held.get(placeOf(room, key))
    this.#held.delete(placeOf(room, key))
    if (!claim?.joined) return
    const left = (id: number): Event => ({ id, at: timeOf(id), kind: 'left', room, from: claim.name, body: '' })
    this.#feeds.get(log)?.invent(left)
  }
}

function placeOf(room: number, key: string): string {
  return `${room} ${key}`
}
