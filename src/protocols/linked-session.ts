import { Session, type Wire } from '../chat/session.ts'
import type { SessionLink } from '../transport/conversation.ts'

/** A session whose wire writes to its connection. */
export class LinkedSession<Link extends SessionLink = SessionLink> extends Session {
  readonly link: Link

  constructor(wire: Wire, link: Link) {
    super(wire, link)
    this.link = link
  }
}
