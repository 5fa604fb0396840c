import type { EngineBroadcast } from '../engine.ts'
import type { LogName } from '../event.ts'
import type { EngineParts } from './parts.ts'

/** The control channel, on which nodes publish changes of rooms, records and logs, and broadcasts. */
export class ControlChannel implements EngineBroadcast {
  readonly #parts: EngineParts
  readonly #listeners: { readonly subject: string; readonly listener: (text?: string) => void }[] = []
  /** Rooms that other nodes have changed since the last turn of the event loop. */
  readonly #elsewhere = new Set<number>()

  constructor(parts: EngineParts) {
    this.#parts = parts
  }

  onBroadcast(subject: string, listener: (text?: string) => void): void {
    this.#listeners.push({ subject, listener })
  }

  publish(subject: string, text: string): void {
    const message = JSON.stringify(['signal', this.#parts.nodes.id, subject, text])
    this.#parts.link.call(this.#parts.keys.control, 'PUBLISH', message).catch(() => {})
  }

  async peers(): Promise<number> {
    const [leases = ''] = this.#parts.keys.nodes
    return Math.max(0, Number(await this.#parts.link.call(leases, 'ZCARD')) - 1)
  }

  /** Called when messages may have been missed, with the rooms that may have changed. */
  missed(rooms: Iterable<number>): void {
    for (const room of rooms) this.#parts.rooms.changed(room)
    for (const { listener } of this.#listeners) listener()
  }

  /** Handles a message of the channel. */
  onMessage(text: string): void {
    // Written by the scripts and by publish.
    const [what, node, about = '', more = ''] = JSON.parse(text) as string[]
    switch (what) {
      case 'room':
        if (node !== this.#parts.nodes.id) this.#changedElsewhere(Number(about))
        return
      case 'record':
        this.#parts.rooms.learn(about)
        return
      case 'buried':
        if (node === this.#parts.nodes.id) this.#parts.nodes.noticeDeath()
        return
      case 'dropped':
        this.#parts.rooms.note(0, Number(more))
        this.closed(Number(about))
        return
      case 'stale':
        this.#parts.records.forget(about, more)
        return
      case 'trimmed':
        this.#parts.logs.get(about as LogName)?.trim(Number(more))
        return
      case 'signal':
        if (node !== this.#parts.nodes.id) {
          for (const { subject, listener } of this.#listeners) if (subject === about) listener(more)
        }
    }
  }

  closed(room: number): void {
    this.#parts.memberships.closed(room)
    this.#parts.nodes.closed(`room:${room}`)
    this.#parts.rooms.closed(room)
  }

  /** Reports several changes of a room within a turn once. */
  #changedElsewhere(room: number): void {
    if (this.#elsewhere.size === 0) {
      setImmediate(() => {
        const changed = [...this.#elsewhere]
        this.#elsewhere.clear()
        for (const id of changed) this.#parts.rooms.changed(id)
      })
    }
    this.#elsewhere.add(room)
  }
}
