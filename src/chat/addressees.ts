import { type LogName, NO_ROOM } from '../engine/event.ts'
import type { EngineMemberships, Member } from '../engine/memberships.ts'
import type { Records } from '../engine/typed-records.ts'
import { EXCLUSIVE } from './exclusive-names.ts'
import { inboxOf } from './inboxes.ts'
import { fold } from './names.ts'
import { Refusal } from './refusal.ts'
import type { Session } from './session.ts'

/** The addressee of a private message. */
export interface Addressee {
  readonly name: string
  /** Id of the room that the sender shares with it, or {@link NO_ROOM}. */
  readonly room: number
  readonly inbox: LogName
}

/** Finds the users to whom private messages are sent. */
export class Addressees {
  readonly #memberships: EngineMemberships
  readonly #records: Records

  constructor(memberships: EngineMemberships, records: Records) {
    this.#memberships = memberships
    this.#records = records
  }

  /** Finds a user by a nickname, in the rooms of a session first. */
  async find(to: string, session?: Session): Promise<Addressee> {
    for (const { room } of session?.memberships.values() ?? []) {
      const { id } = room.record
      const member = room.member(to) ?? (await this.#memberships.member(id, to))
      if (member) return addresseeOf(member, id)
    }
    const account = await this.#records.get('account', to)
    if (account) return { name: account.name, room: NO_ROOM, inbox: inboxOf({ key: fold(to) }) }
    const held = await this.#memberships.heldIn(to)
    const where = held.includes(EXCLUSIVE) ? [EXCLUSIVE] : held
    const guests = await Promise.all(where.map((room) => this.#memberships.member(room, to)))
    const [guest] = guests
    const isOne =
      guests.length === 1 || (guest?.client !== undefined && guests.every((each) => each?.client === guest.client))
    if (!guest || !isOne) throw new Refusal('nobody-here')
    return addresseeOf(guest, NO_ROOM)
  }
}

/** Returns the addressee for a member of a room. @throws Refusal `no-private-messages` for a member whose protocol does not carry them. */
export function addresseeOf({ name, carriesPrivate, client }: Member, room: number): Addressee {
  if (!carriesPrivate) throw new Refusal('no-private-messages')
  return { name, room, inbox: inboxOf({ key: fold(name), client }) }
}
