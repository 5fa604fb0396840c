import { type Chat, LOBBY } from '../../chat/chat.ts'
import type { Event } from '../../engine/event.ts'
import { tickEnd } from '../../tick.ts'
import { dumps, list } from './dumps.ts'
import { entryOf, frameOf, SEPARATOR } from './frame.ts'
import type { Roster } from './roster.ts'
import type { ChatterboxSession } from './wire.ts'

/** Maximum bytes of earlier messages in the login reply. */
const HISTORY_BYTES = 262_144

export interface WelcomeOptions {
  /** Form of USER_LIST: objects, as the last version of the original client needs them, or strings. */
  readonly userList: 'names' | 'objects'
  /** Maximum number of earlier messages in the login reply. */
  readonly history: number
  /** True if the login reply includes private messages, which any later guest of the same nickname can then read. */
  readonly inbox: boolean
}

/**
 * Sends the login reply, with the users and the earlier messages of the room, to a session that has joined it; `room` is its slug.
 * Each event since the join is either in the reply or sent after it.
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
    inbox ? chat.inboxes.newest(session, history) : [],
    userList === 'objects' ? roster.refresh() : undefined,
  ])
  // At the end of the tick all events in these lists are delivered to the session, and held.
  await tickEnd()
  // Later `joined` and `left` may not be in the list of members.
  const listed = session.held?.length ?? 0
  const { members } = await chat.rooms.members(room)
  if (session.closed) return
  const MESSAGES = newestThatFit([...said, ...told].sort((a, b) => a.id - b.id).slice(-history))
  const USER_LIST = userList === 'objects' ? roster.json(members) : dumps(members)
  session.link.push(
    frameOf({
      USERNAME_ACCEPTED: dumps(true),
      INFO: dumps('Welcome to the server!'),
      // One client finds the end of the reply by the end of MESSAGES, another ignores what follows a USER_LIST of names
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

/** Encoded events, as most logins show the same ones. */
const shown = new WeakMap<Event, string>()

/** Returns the newest messages that fit {@link HISTORY_BYTES}, oldest first, as JSON. */
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
