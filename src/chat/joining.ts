import type { RoomRecord } from '../engine/engine.ts'
import type { Directory } from './directory.ts'
import type { GuestChecks } from './guests.ts'
import { hasOwnInbox, type Inboxes } from './inboxes.ts'
import type { FoundRoom, JoinOptions } from './membership-changes.ts'
import type { Memberships } from './memberships.ts'
import { Refusal } from './refusal.ts'
import type { Membership, Session } from './session.ts'
import { checkScope } from './token-scope.ts'

export interface JoinRoomOptions {
  /** The room as it was when its password was shown, see {@link Passwords.check}. */
  readonly unlocked?: RoomRecord | undefined
  /** True at protocols with one room at a time: the session's other membership ends where the new one begins. */
  readonly moves?: boolean
}

export interface JoiningParts {
  readonly directory: Directory
  readonly guests: GuestChecks
  readonly inboxes: Inboxes
  readonly memberships: Memberships
}

/** Implements {@link Chat.join}. */
export async function joinRoom(
  { directory, guests, inboxes, memberships }: JoiningParts,
  session: Session,
  which: number | string,
  { unlocked, moves = false }: JoinRoomOptions,
): Promise<Membership> {
  const find: JoinOptions['find'] = async () => {
    const found = await findOrMake(directory, session, which)
    checkScope(session, 'read', found.record.slug)
    return { ...found, unlocked }
  }
  // A member is handed the events of the room.
  if (typeof which === 'string') checkScope(session, 'read', which)
  // From before its joining, as whoever sees that may tell it something at once.
  inboxes.listen(session)
  try {
    return await memberships.join(session, { moves, find, check: () => guests.checkStill(session) })
  } finally {
    if (!session.membership && !hasOwnInbox(session)) inboxes.dismiss(session)
  }
}

/** Finds a room by its id, or finds or makes one by its slug. */
async function findOrMake(
  directory: Directory,
  session: Session,
  which: number | string,
): Promise<Omit<FoundRoom, 'unlocked'>> {
  const { address, name, accountId: account } = session
  const mayMake = session.scope?.rights.includes('write') !== false
  if (typeof which === 'string' && mayMake) {
    const { record, founds } = await directory.open(which, { address, name, account })
    // The owner of an account is that of the room.
    return { record, role: founds && !session.registered ? 'operator' : undefined }
  }
  const record = await directory.find(which)
  if (!record && !mayMake) throw new Refusal('token-scope')
  if (!record) throw new Refusal('room-unknown')
  return { record, role: undefined }
}
