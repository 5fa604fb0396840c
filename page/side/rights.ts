/** Rights of the user in a room. */
import type { Desk } from '../model/desk.ts'
import { isAtLeast, type Rank } from '../model/members.ts'

/** The rank of the user in the room that is shown. */
export function ownRank({ chat, room }: Desk): Rank {
  return chat?.user?.admin ? 'admin' : (room?.rank ?? 'member')
}

/** True if the user may change the room that is shown. */
export function isOperator(desk: Desk) {
  return desk.room?.joined !== undefined && isAtLeast(ownRank(desk), 'operator')
}

/** True if the user may hand over and close the room that is shown. */
export function isOwner(desk: Desk) {
  return desk.room?.joined !== undefined && isAtLeast(ownRank(desk), 'owner')
}
