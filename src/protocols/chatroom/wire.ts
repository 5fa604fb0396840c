import { type Place, Session, type Wire } from '../../chat/session.ts'
import type { Event } from '../../engine/event.ts'
import type { Link } from '../connection.ts'
import { DISCONNECTS, type DisconnectReason } from '../disconnect.ts'
import type { Board, Viewer } from './board.ts'
import { reply } from './frames.ts'

export class ChatroomSession extends Session implements Viewer {
  /** Where the client's window is; nowhere before the login and after the logout. */
  page: Board | undefined
  shown: Buffer | undefined
  /** Called when its room is no more. */
  onPutOut: (() => void) | undefined
  readonly #link: Link

  constructor(wire: ChatroomWire, link: Link) {
    super(wire, link)
    this.#link = link
  }

  push(frame: Buffer): void {
    this.#link.push(frame)
  }

  hangUp(): void {
    this.#link.hangUp()
  }

  drained(): Promise<void> {
    return this.#link.drained()
  }
}

/**
 * What is said in a room, to those whose window shows it: what comes by for one who has just left would freeze that window for
 * good (protocols/chatroom.md, 5.1). Who comes and goes is no event here; the lists tell it.
 */
export class ChatroomWire implements Wire<ChatroomSession> {
  readonly protocol = 'chatroom'
  readonly carriesPrivate = true

  deliver({ record }: Place, events: readonly Event[], members: Iterable<ChatroomSession>): void {
    const said = events.filter(({ kind }) => kind === 'message' || kind === 'private')
    if (said.length === 0) return
    let bytes: Buffer | undefined
    for (const member of members) {
      if (member.page?.room !== record.id) continue
      // Private ones are for one member alone, and bear its name, also the copy of the sender's (protocols/chatroom.md, 2.8).
      const frames = () =>
        said.map(({ kind, from, body }) => message(kind === 'private' ? member.name : 'public', from, body))
      bytes ??= Buffer.concat(frames())
      member.push(bytes)
    }
  }

  putOut(_room: Place, session: ChatroomSession): void {
    session.onPutOut?.()
  }

  replaced(session: ChatroomSession): void {
    session.hangUp()
  }
}

function message(to: string, from: string, text: string): Buffer {
  return reply({ type: 'msg', status: 'ok', data: { to, from, text } })
}

/** What is said to a client before its connection is closed: of a type that no window shows. */
export function lastFrame(reason: DisconnectReason): Buffer {
  return reply({ type: 'error', status: 'error', message: DISCONNECTS[reason].text })
}
