import type { Proof } from '../../chat/credentials.ts'
import { fold, mayBeAccount } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { IrcContext, Lines } from './command.ts'
import { greeting } from './greeting.ts'
import { shownNick } from './names.ts'

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

  /** Logs the session in, if all has come. Returns the lines for the client. */
  async complete(context: IrcContext): Promise<Lines> {
    const { session, chat } = context
    if (session.name !== '' || this.isNegotiating || this.nick === undefined || !this.hasUser) return []
    const nick = this.nick
    try {
      const proof = this.proof ?? (await this.#proofOf(context, nick))
      // A guest has its nickname alone, as users are addressed by it.
      await chat.login(session, proof ?? nick, proof === undefined)
    } catch (error) {
      // The client chooses another one.
      this.nick = undefined
      throw error
    }
    const { name } = session
    // The connection has ended meanwhile.
    if (session.closed) return []
    context.options.audience.enter(session)
    const renamed = shownNick(name) === shownNick(nick) ? [] : [`:${shownNick(nick)} NICK :${shownNick(name)}`]
    // SASL has told it.
    const isProved = session.registered && this.proof === undefined
    const proved = isProved ? [context.reply('RPL_LOGGEDIN', session.source, session.nick)] : []
    return [...renamed, ...proved, ...(await greeting(context))]
  }

  /** Proves the account of the nickname by PASS. @throws Refusal */
  async #proofOf({ chat, session }: IrcContext, nick: string): Promise<Proof | undefined> {
    const { password } = this
    if (password === undefined) return undefined
    const [, name = nick, secret = password] = /^([^:]+):(.*)$/s.exec(password) ?? []
    if (!mayBeAccount(name) || !(await chat.accounts.isRegistered(name))) {
      // A nickname without an account needs no password, and clients send one that a network has asked for.
      if (fold(name) === fold(nick) || !mayBeAccount(name)) return undefined
      throw new Refusal('name-unknown')
    }
    return chat.accounts.authenticate(name, secret, session.address)
  }
}
