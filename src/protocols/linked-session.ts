import { Session, type Wire } from '../chat/session.ts'
import type { SessionLink } from '../transport/conversation.ts'

/** A session whose wire writes to its connection; `S` are the sessions of that wire. */
export class LinkedSession<S extends Session = Session, Link extends SessionLink = SessionLink> extends Session {
  readonly link: Link

  constructor(wire: Wire<S>, link: Link) {
    super(wire, link)
    this.link = link
  }
}
