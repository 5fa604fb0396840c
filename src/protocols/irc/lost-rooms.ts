import type { LostRoom } from '../../chat/memberships.ts'
import type { IrcContext } from './command.ts'
import { channelOf } from './names.ts'
import { refusedLine } from './refusals.ts'
import { ownLine } from './tags.ts'

/** Returns the lines that tell a client of channels that it is out of, and why, behind the change of its nickname. */
export function lostLines({ session, reply }: IrcContext, lost: readonly LostRoom[]): string[] {
  return lost.flatMap(({ room, refusal }) => {
    const channel = channelOf(room)
    const subjects = { channel, nick: session.nick }
    return [ownLine(session, `:${session.source} PART ${channel}`), refusedLine(refusal, reply, subjects)]
  })
}
