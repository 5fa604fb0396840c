import type { Proof } from '../../chat/credentials.ts'

/** The registration of a connection (docs/protocols/irc.md, section 3): it ends when NICK and USER have come, and CAP END where CAP has. */
export class Registration {
  /** True from CAP LS or REQ to CAP END. */
  isNegotiating = false
  /** The account that SASL has proved. */
  proof: Proof | undefined
  /** The parameter of PASS. */
  password: string | undefined
  nick: string | undefined
  /** The last nickname that was asked for. */
  asked = ''
  hasUser = false
  /** Chunks of an unfinished AUTHENTICATE; undefined when none is under way. */
  sasl: string | undefined
}
