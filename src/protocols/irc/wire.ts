import type { Chat } from '../../chat/chat.ts'
import { fold } from '../../chat/names.ts'
import type { MembershipEnd, Room, Wire } from '../../chat/session.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { Event } from '../../engine/event.ts'
import { inSlices } from '../../slices.ts'
import { atTickEnd } from '../../tick.ts'
import { authorOf, partLine } from './events.ts'
import { LatestJoins, tellsPresence } from './gone-nicks.ts'
import type { IrcUsers } from './irc-users.ts'
import { ircLine } from './message.ts'
import { type ChannelRoom, channelOf, isSameChannel, NO_CHANNEL, SERVER } from './names.ts'
import { type IrcSession, isBotHere, type SentMessage, sentKey } from './session.ts'
import { type OwnParts, taggedLines } from './tagged-lines.ts'
import { ownLine, withTags } from './tags.ts'

/** Encodes lines without their ends as bytes for the transport. */
export type PackLines = (lines: readonly string[]) => Buffer

/** Events with the folded nicknames of their senders, and their bytes for sessions of one variant. */
interface EncodedEvents {
  readonly events: readonly Event[]
  readonly keys: readonly string[]
  readonly pieces: readonly Buffer[]
}

const NOTHING = Buffer.alloc(0)
/** Maximum members that are shown the names of a channel in one round of the event loop, when it has another name: each may be sent thousands. */
const DESCRIBED_AT_ONCE = 50

/** Encodes events as lines, once for all sessions with the same variant. */
export class IrcWire implements Wire<IrcSession> {
  readonly protocol = 'irc'
  readonly carriesPrivate = true
  readonly pack: PackLines
  readonly #chat: Pick<Chat, 'away' | 'users'>
  readonly #users: IrcUsers
  readonly #joins = new LatestJoins()
  /** The bytes of single events of this tick, by variant. */
  readonly #pieces = new Map<Event, Buffer[]>()

  constructor(pack: PackLines, chat: Pick<Chat, 'away' | 'users'>, users: IrcUsers) {
    this.pack = pack
    this.#chat = chat
    this.#users = users
  }

  deliver(room: Room, events: readonly Event[], members: Iterable<IrcSession>): void {
    const keys = events.map(({ from }) => fold(from))
    const senders = new Set(keys)
    const presences = events.filter(tellsPresence)
    const concerned = presences.flatMap(({ from, to, details }) =>
      [from, to, details?.renamed].flatMap((name) => (name === undefined ? [] : fold(name))),
    )
    for (const event of presences) this.#joins.note(event)
    const isOvertaken = presences.some((event) => this.#joins.isBehindEnd(event))
    const pieces: Buffer[][] = []
    const encoded: Buffer[] = []
    for (const member of members) {
      const { formerKey, gone } = member
      const hasOwn = senders.has(member.key) || (formerKey !== undefined && senders.has(formerKey))
      if (!hasOwn && !isOvertaken && !gone.hasSome(concerned)) {
        if (!isAlone(member)) for (const event of presences) gone.shown(event)
        const bytes = (encoded[member.variant] ??= this.#bytesOf(events, room.record, member.variant))
        if (bytes.length > 0) member.link.outbox.push(bytes)
      } else {
        const own = (pieces[member.variant] ??= events.map((event) =>
          this.#pieceOf(event, room.record, member.variant),
        ))
        this.#deliverApart(member, { events, keys, pieces: own }, room.record)
      }
    }
  }

  /** Hands a session events of which some may be its own, or be known to it. */
  #deliverApart(session: IrcSession, { events, keys, pieces }: EncodedEvents, room: RoomRecord): void {
    let shown: Buffer[] = []
    for (const [index, event] of events.entries()) {
      const isOwn = isOwnKey(keys[index], session)
      const instead = isOwn || !tellsPresence(event) ? [event] : this.#shownTo(session, event)
      for (const each of instead) {
        for (const tags of isOwn ? showingsOf(event, session) : ONCE) {
          const asIs = tags || each !== event ? undefined : pieces[index]
          shown.push(asIs ?? this.pack(this.linesOf(each, room, session.variant, tags)))
        }
      }
    }
    shown = shown.filter(({ length }) => length > 0)
    const [first] = shown
    if (first) session.link.outbox.push(shown.length === 1 ? first : Buffer.concat(shown))
  }

  /** Returns what a session is shown of an event of others that tells who is in a room, see {@link GoneNicks}. */
  #shownTo(session: IrcSession, event: Event): readonly Event[] {
    const { gone, memberships } = session
    if (event.kind === 'kicked' && isOwnKey(fold(event.to ?? ''), session)) return [event]
    if (gone.size === 0 && isAlone(session)) return [event]
    return gone.shown(event, this.#joins.isBehindEnd(event, memberships))
  }

  deliverPrivate(session: IrcSession, events: readonly Event[]): void {
    const lines = events.flatMap((event) =>
      showingsOf(event, session).flatMap((tags) => this.linesOf(event, NO_CHANNEL, session.variant, tags)),
    )
    if (lines.length > 0) session.link.outbox.push(this.pack(lines))
  }

  announce(text: string, sessions: Iterable<IrcSession>): void {
    for (const session of sessions) {
      const line = ircLine(SERVER, 'NOTICE', [session.nick, text])
      session.link.push(this.pack([withTags(session, line)]))
    }
  }

  retitled(room: Room, sessions: readonly IrcSession[], before: RoomRecord): void {
    const former = channelOf(before)
    if (isSameChannel(former, channelOf(room.record))) return
    const steps = sessions.flatMap((session) => session.showRetitled?.(room, former) ?? [])
    // None waits for a client that does not read. Each may ask for topic and names, where these cannot be read now.
    void inSlices(steps, DESCRIBED_AT_ONCE, (describe) => void describe().catch(() => {}))
  }

  putOut(room: Room, session: IrcSession, why: MembershipEnd): void {
    if (why === 'membership-lost') session.link.disconnect(why)
    if (why !== 'room-closed') return
    const parting = partLine(session.source, channelOf(room.record), 'The room has been closed')
    session.link.push(this.pack([ownLine(session, parting)]))
  }

  /** Returns the bytes of one event: each of those who have come in this tick may be handed another part of its events. */
  #pieceOf(event: Event, room: RoomRecord, variant: number): Buffer {
    if (this.#pieces.size === 0) atTickEnd('flush', this)
    const pieces = this.#pieces.get(event) ?? []
    this.#pieces.set(event, pieces)
    return (pieces[variant] ??= this.#bytesOf([event], room, variant))
  }

  /** Forgets the bytes of single events. Called at the end of the tick. */
  flush(): void {
    this.#pieces.clear()
  }

  /** Returns the lines of an event with the tags of a variant. */
  linesOf(event: Event, room: ChannelRoom, variant: number, own: OwnParts = {}): string[] {
    const isBot = event.verified === true && isBotHere(this.#chat, event.from)
    const author = authorOf(event, this.#users.detailsOf(event.from))
    return taggedLines(event, author, room, variant, { ...own, isBot })
  }

  #bytesOf(events: readonly Event[], room: RoomRecord, variant: number): Buffer {
    const lines = events.flatMap((event) => {
      const isEntry = event.kind === 'joined' && event.details?.renamed === undefined
      const awayText = isEntry ? this.#chat.away.of(event.from) : undefined
      return this.linesOf(event, room, variant, { awayText })
    })
    return lines.length === 0 ? NOTHING : this.pack(lines)
  }
}

type Showings = readonly SentMessage['tags'][]
const NEVER: Showings = []
const ONCE: Showings = [undefined]

/** Returns true for the folded nickname of a session, or the one that it is giving up. */
function isOwnKey(key: string | undefined, { key: own, formerKey }: IrcSession): boolean {
  return key !== undefined && (key === own || key === formerKey)
}

/** Returns true for a session in one room at most: no other room can tell it again what that has told. */
function isAlone({ memberships }: IrcSession): boolean {
  return memberships.size <= 1
}

/** Returns an element for each time that a session is shown an event: the tags of an echo, if it has some. */
function showingsOf(event: Event, session: IrcSession): Showings {
  const { kind, from, to = '' } = event
  const key = fold(from)
  const isOwn = isOwnKey(key, session)
  // The replies to JOIN, PART and NICK have shown its own.
  if (isOwn && (kind === 'joined' || kind === 'left')) return NEVER
  if (!isOwn || (kind !== 'message' && kind !== 'private')) return ONCE
  const own = sentKey(event)
  const sent = session.sent.get(own)
  // Another session of the account has sent it.
  if (!sent) return ONCE
  session.sent.delete(own)
  sent.settled?.()
  const echo = session.caps.has('echo-message') ? [sent.tags] : NEVER
  const isToItself = kind === 'private' && fold(to) === key
  return isToItself ? [...echo, ...ONCE] : echo
}
