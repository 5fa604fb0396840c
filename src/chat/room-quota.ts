import type { Engine, RoomMaker, RoomRecord } from '../engine/engine.ts'
import type { RoomMakers } from './makers.ts'
import { Refusal, refuse } from './refusal.ts'

interface RoomLimits {
  readonly maxRooms: number
  /** Maximum number of rooms made from one address. */
  readonly maxPerAddress: number
}

/**
 * Limits the number of rooms, in all and made from one address. At a limit, the oldest rooms of the maker of another one are discarded
 * where they are empty and {@link RoomMakers.isSilent} holds.
 */
export class RoomQuota {
  readonly #engine: Engine
  readonly #makers: RoomMakers
  readonly #limits: RoomLimits
  /** Makers of the rooms that are being made. */
  readonly #underWay: (RoomMaker | undefined)[] = []
  #turn: Promise<void> = Promise.resolve()

  constructor(engine: Engine, makers: RoomMakers, limits: RoomLimits) {
    this.#engine = engine
    this.#makers = makers
    this.#limits = limits
  }

  /**
   * Makes a room once there is space for it. `discard` closes a room to make space.
   *
   * @throws Refusal `too-many-rooms`, `unavailable`, and what `make` refuses.
   */
  async make(
    maker: RoomMaker | undefined,
    make: () => Promise<RoomRecord>,
    discard: (room: RoomRecord) => Promise<void>,
  ): Promise<RoomRecord> {
    const reserve = async () => {
      for (const room of await this.#toDiscard(maker)) await discard(room)
      this.#underWay.push(maker)
    }
    // One after the other: concurrent requests would all find the last place.
    const reserved = this.#turn.then(reserve)
    this.#turn = reserved.catch(() => {})
    await reserved
    try {
      return await make()
    } finally {
      this.#underWay.splice(this.#underWay.indexOf(maker), 1)
    }
  }

  /** The rooms that have to be closed before another one is made. @throws Refusal `too-many-rooms` where they cannot. */
  async #toDiscard(maker: RoomMaker | undefined): Promise<readonly RoomRecord[]> {
    const { maxRooms, maxPerAddress } = this.#limits
    const [count, own] = await Promise.all([
      this.#engine.rooms.count(),
      maker ? this.#engine.rooms.madeFrom(maker.address) : [],
    ]).catch(refuse)
    const ownUnderWay = this.#underWay.filter((other) => maker && other?.address === maker.address).length
    const beyondAll = count + this.#underWay.length + 1 - maxRooms
    const beyondOwn = maker ? own.length + ownUnderWay + 1 - maxPerAddress : 0
    // A room that an account owns is never discarded.
    const free = own.filter(({ maker }) => maker?.account === undefined)
    const discarded = await this.#silentOf(free, Math.max(beyondAll, beyondOwn))
    if (beyondOwn > discarded.length) throw new Refusal('too-many-rooms', maxPerAddress, 'address')
    if (beyondAll > discarded.length) throw new Refusal('too-many-rooms', maxRooms)
    return discarded
  }

  /** The oldest rooms that are empty and silent, at most `limit`. */
  async #silentOf(rooms: readonly RoomRecord[], limit: number): Promise<readonly RoomRecord[]> {
    if (limit <= 0) return []
    const members = await Promise.all(rooms.map(({ id }) => this.#engine.memberships.members(id))).catch(refuse)
    const empty = rooms.filter((_, place) => members[place]?.length === 0).sort((a, b) => a.id - b.id)
    const silent: RoomRecord[] = []
    for (const room of empty) {
      if (silent.length === limit) break
      if (await this.#makers.isSilent(room)) silent.push(room)
    }
    return silent
  }
}
