import { randomBytes } from 'node:crypto'
import type { Engine, RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import type { HookRecord } from '../engine/records.ts'
import type { Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import { Snapshot } from './snapshot.ts'
import { TaskLease } from './task-lease.ts'
import type { Asker } from './work-turns.ts'

/** Maximum number of outgoing webhooks of a room, and of all rooms. */
const MAX_HOOKS_PER_ROOM = 10
const MAX_HOOKS = 1_000

/** Time after which another node may take over from one that has died, in ms. */
const LEASE_MS = 15_000

/** Subject of broadcasts between nodes. */
const SUBJECT = 'hooks'

/** The delivery of the events of a webhook. */
export interface HookProgress {
  readonly position: number
  /** Set while they cannot be delivered. */
  readonly failing?: HookRecord['failing'] | undefined
}

/** Called when webhooks may have been made or removed: `removed` is the id of one that was, else empty. */
type HooksListener = (removed: string) => void

/** The outgoing webhooks of rooms: their records, and the events that they are for. Everything here may refuse with `unavailable`. */
export class RoomHooks {
  readonly #engine: Engine
  readonly #reader: Reader
  readonly #listeners = new Set<HooksListener>()
  readonly #all: Snapshot<readonly HookRecord[]>
  /** The delivery of events, which one node does. */
  readonly delivery: TaskLease

  constructor(engine: Engine, reader: Reader) {
    this.#engine = engine
    this.#reader = reader
    this.#all = new Snapshot(async () => (await Array.fromAsync(engine.records.list('hook')).catch(refuse)).flat())
    this.delivery = new TaskLease(engine.records, 'hooks', LEASE_MS)
    engine.broadcast.onBroadcast(SUBJECT, (removed = '') => this.#changed(removed))
  }

  /** Makes a webhook for the events of a room from now on. Resolves with undefined where the room, or the server, has the maximum number. */
  async create(
    room: RoomRecord,
    { kinds, ...given }: Pick<HookRecord, 'url' | 'secret' | 'by' | 'account'> & { readonly kinds: readonly string[] },
  ): Promise<HookRecord | undefined> {
    const before = await this.all()
    if (before.length >= MAX_HOOKS || ofRoom(before, room).length >= MAX_HOOKS_PER_ROOM) return undefined
    const id = randomBytes(9).toString('base64url')
    const { last: position } = await this.#engine.logs.extent(`room:${room.id}`).catch(refuse)
    const hook: HookRecord = { ...given, id, room: room.id, kinds: [...kinds], createdAt: Date.now(), position }
    await this.#engine.records.put('hook', id, hook).catch(refuse)
    // Of concurrent requests, on whatever nodes, the first one counts.
    const after = await this.all()
    const placeIn = (hooks: readonly HookRecord[]) => hooks.findIndex((each) => each.id === id)
    if (placeIn(after) >= MAX_HOOKS || placeIn(ofRoom(after, room)) >= MAX_HOOKS_PER_ROOM) {
      await this.#engine.records.delete('hook', id).catch(refuse)
      return undefined
    }
    this.#tell()
    return hook
  }

  /** The webhooks of a room, oldest first. */
  async list({ id }: Pick<RoomRecord, 'id'>): Promise<readonly HookRecord[]> {
    return (await Array.fromAsync(this.#engine.records.listBy('hook', 'room', String(id))).catch(refuse)).flat()
  }

  /** The webhooks of all rooms, oldest first: read once for all that ask at the same time, as they may have some megabytes. */
  all(): Promise<readonly HookRecord[]> {
    return this.#all.get()
  }

  /** Removes a webhook. Resolves with false if there is none. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#engine.records.delete('hook', id).catch(refuse)
    if (removed) this.#tell(id)
    return removed !== undefined
  }

  /**
   * Stores how far the events of a webhook are delivered, and since when they cannot be. A position that another node has stored, and that is
   * further, stays. Resolves with false if the webhook was removed.
   */
  async note(id: string, { position, failing }: HookProgress): Promise<boolean> {
    const noted = await this.#engine.records
      .change('hook', id, ({ failing: _, ...hook }) => ({
        ...hook,
        position: Math.max(position, hook.position),
        ...(failing && { failing }),
      }))
      .catch(refuse)
    return noted !== undefined
  }

  /**
   * Resolves with the first events of a room behind an id, oldest first, a bounded number of them. Excludes those of a time before `since`,
   * in ms since the epoch. Events that are gone are left out.
   */
  async next(room: number, after: number, since: number, asker: Asker): Promise<readonly Event[]> {
    const log = `room:${room}` as const
    const first = async (range: { after?: number; from: number }) => {
      for await (const page of this.#reader.pages(log, range, asker)) {
        const later = page.filter(({ id }) => id > after)
        if (later.length > 0) return later
      }
      return []
    }
    try {
      return await first({ after, from: since })
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'history-gone')) throw error
      return first({ from: since })
    }
  }

  /** Calls the listener with each event of a room, on whatever node it comes from. Returns the end of it. */
  follow(room: number, listener: (event: Event) => void): () => void {
    return this.#engine.logs.follow(`room:${room}`, listener)
  }

  /** Calls the listener when webhooks may have been made or removed, on any node. Returns the end of it. */
  watch(listener: HooksListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #tell(removed = ''): void {
    this.#engine.broadcast.publish(SUBJECT, removed)
    this.#changed(removed)
  }

  #changed(removed: string): void {
    for (const listener of this.#listeners) listener(removed)
  }
}

function ofRoom(hooks: readonly HookRecord[], { id }: RoomRecord): readonly HookRecord[] {
  return hooks.filter(({ room }) => room === id)
}
