import type { Engine } from '../engine/engine.ts'
import { type LogName, NO_ROOM } from '../engine/event.ts'
import type { Member } from '../engine/memberships.ts'
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

/** Finds a user by a nickname, in the rooms of a session first. @throws Refusal `nobody-here`, `no-private-messages`; Unavailable */
export async function findAddressee(
  { memberships, records }: Pick<Engine, 'memberships' | 'records'>,
  to: string,
  session?: Session,
): Promise<Addressee> {
  for (const { room } of session?.memberships.values() ?? []) {
    const { id } = room.record
    const member = room.member(to) ?? (await memberships.member(id, to))
    if (member) return addresseeOf(member, id)
  }
  const account = await records.get('account', to)
  if (account) return { name: account.name, room: NO_ROOM, inbox: inboxOf({ key: fold(to) }) }
  const held = await memberships.heldIn(to)
  const where = held.includes(EXCLUSIVE) ? [EXCLUSIVE] : held
  const guests = await Promise.all(where.map((room) => memberships.member(room, to)))
  const [guest] = guests
  const isOne =
    guests.length === 1 || (guest?.client !== undefined && guests.every((each) => each?.client === guest.client))
  if (!guest || !isOne) throw new Refusal('nobody-here')
  return addresseeOf(guest, NO_ROOM)
}

/** Returns the addressee for a member of a room. @throws Refusal `no-private-messages` for a member whose protocol does not carry them. */
export function addresseeOf({ name, carriesPrivate, client }: Member, room: number): Addressee {
  if (!carriesPrivate) throw new Refusal('no-private-messages')
  return { name, room, inbox: inboxOf({ key: fold(name), client }) }
}
