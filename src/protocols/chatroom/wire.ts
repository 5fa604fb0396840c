import type { Room } from '../../chat/room.ts'
import { type MembershipEnd, Session, type Wire } from '../../chat/session.ts'
import type { Event, Kind } from '../../engine/event.ts'
import type { SessionLink } from '../../transport/conversation.ts'
import { DISCONNECTS, type DisconnectReason } from '../../transport/disconnect.ts'
import { indentLines } from '../indent.ts'
import type { Board, Viewer } from './board.ts'
import { reply } from './frames.ts'

export class ChatroomSession extends Session implements Viewer {
  /** The page that the client's window shows; undefined before the login and after the logout. */
  page: Board | undefined
  shown: Buffer | undefined
  /** Called when a membership has ended without the client asking for it. */
  onPutOut: ((room: Room, why: MembershipEnd) => void) | undefined
  readonly #link: SessionLink

  constructor(wire: ChatroomWire, link: SessionLink) {
    super(wire, link)
    this.#link = link
  }

  push(frame: Buffer): void {
    this.#link.push(frame)
  }

  disconnect(reason: DisconnectReason): void {
    this.#link.disconnect(reason)
  }

  drained(): Promise<void> {
    return this.#link.drained()
  }
}

/** The kinds of events that have a frame: the lists tell who comes and goes. */
const IS_SHOWN: Readonly<Record<Kind, boolean>> = {
  message: true,
  private: true,
  joined: false,
  left: false,
  closed: false,
}

/**
 * Messages as frames, for the sessions whose window shows the room: a message for another page would freeze the window for good
 * (docs/protocols/chatroom.md, section 5.1). `joined` and `left` are shown by the lists.
 */
export class ChatroomWire implements Wire<ChatroomSession> {
  readonly protocol = 'chatroom'
  readonly carriesPrivate = true

  deliver(room: Room, events: readonly Event[], members: Iterable<ChatroomSession>): void {
    const said = events.filter(({ kind }) => IS_SHOWN[kind])
    if (said.length === 0) return
    let bytes: Buffer | undefined
    for (const member of members) {
      if (member.page?.room !== room.record.id) continue
      // Private ones are for one member alone, and bear its name, also the copy of the sender's (docs/protocols/chatroom.md, section 2.8).
      const frames = () =>
        said.map((event) =>
          messageFrame(event.kind === 'private' ? member.name : 'public', event.from, this.#textOf(room, event)),
        )
      bytes ??= Buffer.concat(frames())
      member.push(bytes)
    }
  }

  putOut(room: Room, session: ChatroomSession, why: MembershipEnd): void {
    session.onPutOut?.(room, why)
  }

  replaced(session: ChatroomSession): void {
    session.disconnect('logged-in-elsewhere')
  }

  /**
   * The text as it leaves: none of its lines begins like a message of somebody else where it came through another protocol. A
   * sender on another node is taken for one of another protocol.
   */
  #textOf(room: Room, { from, body }: Event): string {
    if (!body.includes('\n')) return body
    return room.member(from)?.wire === this ? body : indentLines(body)
  }
}

/** A message as a client gets it. */
export function messageFrame(to: string, from: string, text: string): Buffer {
  return reply({ type: 'msg', status: 'ok', data: { to, from, text } })
}

/** The reason for closing a connection. The login page shows it; on other pages its type would freeze the window. */
export function lastFrame(reason: DisconnectReason): Buffer {
  const type = reason === 'login-timeout' ? 'login' : 'error'
  return reply({ type, status: 'error', message: DISCONNECTS[reason].text })
}
