import { type Chat, LOBBY } from '../../chat/chat.ts'
import type { Event } from '../../engine/event.ts'
import { tickEnd } from '../../tick.ts'
import { dumps, list } from './dumps.ts'
import { entryOf, frameOf, SEPARATOR } from './frame.ts'
import type { Roster } from './roster.ts'
import type { ChatterboxSession } from './wire.ts'

/** Bytes of earlier messages that are given at login. */
const HISTORY_BYTES = 262_144

export interface WelcomeOptions {
  /** Objects, as the original's last client needs them, or strings. */
  readonly userList: 'names' | 'objects'
  /** Earlier messages that are given at login, at most. */
  readonly history: number
  /** True if these include private messages: a guest's nickname proves nothing, so the next guest of that nickname reads them. */
  readonly inbox: boolean
}

/**
 * Tells a session that has entered the room who is here and what was said, and from then on what happens. `room` is its
 * slug. What has happened since it entered is in the reply or behind it: never in both, never in neither.
 */
export async function welcome(
  chat: Chat,
  roster: Roster,
  session: ChatterboxSession,
  room: string,
  { userList, history, inbox }: WelcomeOptions,
): Promise<void> {
  const [said, told] = await Promise.all([
    chat.messages.recentMessages(LOBBY, session, history),
    inbox ? chat.messages.inbox(session, history) : [],
    userList === 'objects' ? roster.refresh() : undefined,
  ])
  // What these tell has come by, and is held, when the turn has ended.
  await tickEnd()
  // Who comes or goes from here on may not be in the list yet.
  const listed = session.held?.length ?? 0
  const { members } = await chat.rooms.members(room)
  if (session.closed) return
  const MESSAGES = newestThatFit([...said, ...told].sort((a, b) => a.id - b.id).slice(-history))
  const USER_LIST = userList === 'objects' ? roster.json(members) : dumps(members)
  session.link.push(
    frameOf({
      USERNAME_ACCEPTED: dumps(true),
      INFO: dumps('Welcome to the server!'),
      // One client finds the end of the reply by that of its messages, another loses what follows names instead of objects
      // (docs/protocols/chatterbox.md, section 5.1).
      ...(userList === 'objects' ? { USER_LIST, MESSAGES } : { MESSAGES, USER_LIST }),
    }),
  )
  const [lastSaid, lastTold] = [said.at(-1)?.id ?? 0, told.at(-1)?.id ?? 0]
  session.release(({ kind, id }, place) => {
    if (kind === 'message') return id > lastSaid
    if (kind === 'private') return id > lastTold
    return place >= listed
  })
}

/** Entries of events that are in memory anyway: most logins show the same. */
const shown = new WeakMap<Event, string>()

/** The newest of the messages, oldest first, as a list in JSON. */
function newestThatFit(events: readonly Event[]): string {
  const entries: string[] = []
  let bytes = 0
  for (const event of events.toReversed()) {
    let entry = shown.get(event)
    if (entry === undefined) shown.set(event, (entry = entryOf(event)))
    bytes += entry.length + SEPARATOR
    if (bytes > HISTORY_BYTES) break
    entries.push(entry)
  }
  return list(entries.reverse())
}
