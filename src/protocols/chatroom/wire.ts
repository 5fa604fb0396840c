import type { MembershipEnd, Room, Wire } from '../../chat/session.ts'
import type { Event, Kind } from '../../engine/event.ts'
import { type DisconnectReason, disconnectText } from '../../transport/disconnect.ts'
import { LinkedSession } from '../linked-session.ts'
import { indentLines, shownText } from '../shown-text.ts'
import type { Board, Viewer } from './board.ts'
import { reply } from './frames.ts'

export class ChatroomSession extends LinkedSession<ChatroomSession> implements Viewer {
  /** The page that the client shows; undefined before the login and after the logout. */
  page: Board | undefined
  shown: Buffer | undefined
  /** Called when a membership has ended without a request of the client. */
  onPutOut: ((room: Room, why: MembershipEnd) => void) | undefined
}

/** True for the kinds of events with a frame; the lists show `joined`, `left` and `kicked`. */
const IS_SHOWN: Readonly<Record<Kind, boolean>> = {
  message: true,
  private: true,
  joined: false,
  left: false,
  topic: false,
  kicked: false,
  role: false,
  mode: false,
  redacted: false,
  closed: false,
}

/**
 * Encodes messages as frames, for the sessions that show the room: a message for another page freezes the client
 * (docs/protocols/chatroom.md, section 5.1).
 */
export class ChatroomWire implements Wire<ChatroomSession> {
  readonly protocol = 'chatroom'
  readonly carriesPrivate = true

  deliver(room: Room, events: readonly Event[], members: Iterable<ChatroomSession>): void {
    const shown = events.filter(({ kind }) => IS_SHOWN[kind])
    if (shown.length === 0) return
    let bytes: Buffer | undefined
    for (const member of members) {
      if (member.page?.room !== room.record.id) continue
      // Private messages are delivered to one member alone, and have its name, also the sender's copy (docs/protocols/chatroom.md, 2.8).
      const frames = () =>
        shown.map((event) =>
          messageFrame(event.kind === 'private' ? member.name : 'public', event.from, this.#textOf(room, event)),
        )
      bytes ??= Buffer.concat(frames())
      member.link.push(bytes)
    }
  }

  /** Shows the text as a private message from `server` to sessions in a room: on the page of the lobby it would freeze the client. */
  announce(text: string, sessions: Iterable<ChatroomSession>): void {
    for (const session of sessions) {
      if (session.page?.room !== undefined) session.link.push(messageFrame(session.name, 'server', indentLines(text)))
    }
  }

  putOut(room: Room, session: ChatroomSession, why: MembershipEnd): void {
    session.onPutOut?.(room, why)
  }

  replaced(session: ChatroomSession): void {
    session.link.disconnect('logged-in-elsewhere')
  }

  /**
   * Returns the text of a message, indented against spoofing if it came through another protocol. A sender on another node counts as
   * one of another protocol.
   */
  #textOf(room: Room, event: Event): string {
    const text = shownText(event)
    return !text.includes('\n') || room.member(event.from)?.wire === this ? text : indentLines(text)
  }
}

export function messageFrame(to: string, from: string, text: string): Buffer {
  return reply({ type: 'msg', status: 'ok', data: { to, from, text } })
}

/** Encodes the reason for closing a connection. The login page shows it; on other pages the type `login` freezes the client. */
export function lastFrame(reason: DisconnectReason, why?: string): Buffer {
  const type = reason === 'login-timeout' ? 'login' : 'error'
  return reply({ type, status: 'error', message: disconnectText(reason, why) })
}
