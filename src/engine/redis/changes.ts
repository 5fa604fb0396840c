import type { LogName } from '../event.ts'
import type { Claims } from './claims.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import type { Logs } from './logs.ts'
import type { Nodes } from './nodes.ts'
import type { RedisRecords } from './records.ts'
import type { RoomTable } from './rooms.ts'

/** What nodes tell one another on the control channel, and who here watches rooms. */
export class Changes {
  readonly #keys: Keys
  readonly #link: Link
  readonly #nodes: Nodes
  readonly #logs: Logs
  readonly #claims: Claims
  readonly #rooms: RoomTable
  readonly #records: RedisRecords
  readonly #watchers = new Set<(room: number) => void>()
  readonly #heeders: { readonly subject: string; readonly heed: (text?: string) => void }[] = []
  /** Rooms that others have changed since the last turn. */
  readonly #elsewhere = new Set<number>()

  constructor(
    keys: Keys,
    link: Link,
    nodes: Nodes,
    logs: Logs,
    claims: Claims,
    rooms: RoomTable,
    records: RedisRecords,
  ) {
    this.#keys = keys
    this.#link = link
    this.#nodes = nodes
    this.#logs = logs
    this.#claims = claims
    this.#rooms = rooms
    this.#records = records
  }

  watch(listener: (room: number) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  heedSignals(subject: string, listener: (text?: string) => void): void {
    this.#heeders.push({ subject, heed: listener })
  }

  /** Tells the other nodes something; those that are away miss it. */
  signal(subject: string, text: string): void {
    const told = JSON.stringify(['signal', this.#nodes.id, subject, text])
    this.#link.call(this.#keys.control, 'PUBLISH', told).catch(() => {})
  }

  /** Nobody knows what was told meanwhile. */
  missed(rooms: Iterable<number>): void {
    for (const room of rooms) this.changed(room)
    for (const { heed } of this.#heeders) heed()
  }

  /** A node tells what may be known wrongly elsewhere. */
  heard(text: string): void {
    // Only the scripts write here, and what is made above.
    const [what, node, about = '', more = ''] = JSON.parse(text) as string[]
    switch (what) {
      case 'room':
        if (node !== this.#nodes.id) this.#changedElsewhere(Number(about))
        return
      case 'record':
        this.#rooms.learn(about)
        return
      case 'buried':
        if (node === this.#nodes.id) this.#nodes.noticeDeath()
        return
      case 'dropped':
        this.#rooms.hear(Number(more))
        this.closed(Number(about))
        return
      case 'stale':
        this.#records.forget(about, more)
        return
      case 'trimmed':
        this.#logs.get(about as LogName)?.trim(Number(more))
        return
      case 'signal':
        if (node !== this.#nodes.id) for (const { subject, heed } of this.#heeders) if (subject === about) heed(more)
    }
  }

  /** A room is no more. */
  closed(room: number): void {
    this.#claims.closed(room)
    this.#nodes.closed(`room:${room}`)
    this.#rooms.drop(room)
  }

  /** Many who come at once are told of once. */
  #changedElsewhere(room: number): void {
    if (this.#elsewhere.size === 0) {
      setImmediate(() => {
        const changed = [...this.#elsewhere]
        this.#elsewhere.clear()
        for (const id of changed) this.changed(id)
      })
    }
    this.#elsewhere.add(room)
  }

  /** Tells who watches. */
  changed(room: number): void {
    for (const listener of [...this.#watchers]) listener(room)
  }
}
