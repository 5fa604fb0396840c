import type { Proof } from '../../chat/credentials.ts'
import { fold, mayBeAccount } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { IrcContext } from './command.ts'
import { followAccount } from './entry.ts'
import { greeting } from './greeting.ts'
import { LongReply } from './long-reply.ts'
import type { Lines } from './message.ts'
import { shownNick } from './names.ts'

/** Logs the session in, if all that its registration needs has come. Returns the lines for the client. */
export async function completeRegistration(context: IrcContext): Promise<Lines> {
  const { session, chat, registration } = context
  const { nick } = registration
  if (session.name !== '' || registration.isNegotiating || nick === undefined || !registration.hasUser) return []
  try {
    const proof = registration.proof ?? (await proofOf(context, nick))
    // A guest has its nickname alone, as users are addressed by it.
    await chat.login(session, proof ?? nick, proof === undefined)
  } catch (error) {
    // The client chooses another one.
    registration.nick = undefined
    throw error
  }
  const { name } = session
  // The connection has ended meanwhile.
  if (session.closed) return []
  context.options.audience.enter(session)
  // IRCv3, "SASL": the client has not waited for the end of the attempt.
  const aborted = registration.sasl === undefined ? [] : [context.reply('ERR_SASLABORTED')]
  registration.sasl = undefined
  const renamed = shownNick(name) === shownNick(nick) ? [] : [`:${shownNick(nick)} NICK :${shownNick(name)}`]
  // SASL has told it.
  const isProved = session.registered && registration.proof === undefined
  const proved = isProved ? [context.reply('RPL_LOGGEDIN', session.source, session.nick)] : []
  const lines = [...aborted, ...renamed, ...proved, ...(await greeting(context))]
  if (!session.registered) return lines
  const reply = new LongReply(context)
  await reply.add(lines)
  context.tell(reply.rest())
  await followAccount(context)
  return []
}

/** Proves the account of a nickname by PASS. @throws Refusal */
async function proofOf({ chat, session, registration }: IrcContext, nick: string): Promise<Proof | undefined> {
  const { password } = registration
  if (password === undefined) return undefined
  const [, name = nick, secret = password] = /^([^:]+):(.*)$/s.exec(password) ?? []
  if (!mayBeAccount(name) || !(await chat.accounts.isRegistered(name))) {
    // A nickname without an account needs no password, and clients send one that a network has asked for.
    if (fold(name) === fold(nick) || !mayBeAccount(name)) return undefined
    throw new Refusal('name-unknown')
  }
  return chat.accounts.authenticate(name, secret, session.address)
}
