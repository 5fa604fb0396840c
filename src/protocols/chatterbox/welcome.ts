import { type Chat, LOBBY } from '../../chat/chat.ts'
import type { Event } from '../../engine/event.ts'
import { turnEnd } from '../../turn.ts'
import { asciiJson, COMFORTABLE, type Entry, entryOf, frame } from './frame.ts'
import { EVERYBODY, roster } from './roster.ts'
import type { ChatterboxSession } from './wire.ts'

export interface WelcomeOptions {
  /** Strings, as documented, or objects, as the original's last client needs them. */
  readonly userList: 'names' | 'objects'
  /** Earlier messages that are given at login, at most. */
  readonly history: number
  /** Whether these include private ones: a name proves nothing, so the next one to take it reads them. */
  readonly inbox: boolean
}

/**
 * Tells a session that has entered the room who is here and what was said, and from then on what happens. `room` is its
 * line name. What has happened since it entered is in the reply or behind it: never in both, never in neither.
 */
export async function welcome(
  chat: Chat,
  session: ChatterboxSession,
  room: string,
  { userList, history, inbox }: WelcomeOptions,
): Promise<void> {
  const [said, told, seen] = await Promise.all([
    chat.talk.recentMessages(LOBBY, session, history),
    inbox ? chat.talk.inbox(session, history) : [],
    userList === 'objects' ? chat.everybody(EVERYBODY) : [],
  ])
  // What these tell has come by, and is held, when the turn has ended.
  await turnEnd()
  // Who comes or goes from here on may not be in the list yet.
  const listed = session.held?.length ?? 0
  const { members } = await chat.directory.members(room)
  if (session.closed) return
  session.link.push(
    frame({
      USERNAME_ACCEPTED: true,
      INFO: 'Welcome to the server!',
      MESSAGES: newestThatFit([...said, ...told].sort((a, b) => a.id - b.id).slice(-history)),
      // The last one: clients of the other form lose what follows it (protocols/chatterbox.md, 5.1).
      USER_LIST: userList === 'objects' ? roster(seen, members) : members,
    }),
  )
  const [lastSaid, lastTold] = [said.at(-1)?.id ?? 0, told.at(-1)?.id ?? 0]
  session.release(({ kind, id }, place) => {
    if (kind === 'message') return id > lastSaid
    if (kind === 'private') return id > lastTold
    return place >= listed
  })
}

function newestThatFit(events: readonly Event[]): Entry[] {
  const entries = events.map(entryOf)
  let bytes = 0
  const tooFar = entries.findLastIndex((entry) => {
    bytes += asciiJson(entry).length + 1
    return bytes > COMFORTABLE
  })
  return entries.slice(tooFar + 1)
}
