import { SLUG_RULE } from '../../chat/names.ts'
import { Refusal, type RefusalCode } from '../../chat/refusal.ts'
import type { LostRoom } from '../../chat/renaming.ts'
import type { IrcContext } from './command.ts'
import { ircLine } from './message.ts'
import { channelOf, SERVER } from './names.ts'
import { ownLine } from './tags.ts'

/** The subjects of a refused request: a channel and a nickname, as the client wrote them. */
export interface Subjects {
  readonly channel: string
  readonly nick: string
  /** Why an operator may not do what is asked; undefined for other users, who need to be operators. */
  readonly why?: string | undefined
}

type Numeric = (reply: IrcContext['reply'], subjects: Subjects, refusal: Pick<Refusal, 'code' | 'bound'>) => string

/** The text for a nickname that belongs to an account (docs/protocols/irc.md, section 2). */
const REGISTERED = 'Nickname is registered, use SASL or PASS'

/** The texts for operators: of a request that concerns a user of the same rank or a higher one, and of a voice for a guest who is one. */
export const OUTRANKED = 'You need a higher rank than theirs'
export const HAS_VOICE = 'Operators have a voice already'

/** The text for a channel that cannot be made. */
const NEW_CHANNELS = `The name of a new channel is # with 1 to ${SLUG_RULE.maxLength} of a-z A-Z 0-9 . _ -, first a letter or digit`

const cannotSend =
  (why: string): Numeric =>
  (reply, { channel }, { bound = '' }) =>
    reply('ERR_CANNOTSENDTOCHAN', channel, why.replace('<limit>', bound))
const noNick: Numeric = (reply, { nick }) => reply('ERR_NOSUCHNICK', nick)
const inUse: Numeric = (reply, { nick }) => reply('ERR_NICKNAMEINUSE', nick)
const registered: Numeric = (reply, { nick }) => reply('ERR_NICKNAMEINUSE', nick, REGISTERED)
const mismatch: Numeric = (reply) => reply('ERR_PASSWDMISMATCH')
const fail =
  (text: string): Numeric =>
  (_, __, { code, bound = '' }) =>
    ircLine(SERVER, 'FAIL', ['*', code.replaceAll('-', '_').toUpperCase(), text.replace('<limit>', bound)])

const NUMERIC_OF: Readonly<Record<RefusalCode, Numeric>> = {
  'name-invalid': (reply, { nick }) => reply('ERR_ERRONEUSNICKNAME', nick),
  'name-reserved': registered,
  'name-taken': registered,
  'name-in-use': inUse,
  'name-unknown': mismatch,
  'name-in-room': inUse,
  'secret-invalid': fail('A password has 8 to 128 characters'),
  'secret-wrong': mismatch,
  'too-many-attempts': (reply) => reply('ERR_PASSWDMISMATCH', 'Too many attempts, wait a minute'),
  'too-many-accounts': fail('Too many accounts from your address today'),
  'room-name-invalid': (reply, { channel }) => reply('ERR_NOSUCHCHANNEL', channel, NEW_CHANNELS),
  'room-private': (reply, { channel }) => reply('ERR_BADCHANNELKEY', channel),
  'room-unknown': (reply, { channel }) => reply('ERR_NOSUCHCHANNEL', channel),
  'too-many-rooms': (reply, { channel }, { bound = '' }) =>
    reply('ERR_TOOMANYCHANNELS', channel, `Too many rooms, at most ${bound}`),
  'room-taken': fail('Another room has this name'),
  'password-wrong': (reply, { channel }) => reply('ERR_BADCHANNELKEY', channel),
  'password-invalid': (reply, { channel }) => reply('ERR_INVALIDKEY', channel),
  'not-in-room': (reply, { channel }) => reply('ERR_NOTONCHANNEL', channel),
  'text-empty': (reply) => reply('ERR_NOTEXTTOSEND'),
  'text-too-long': fail('Text too long, at most <limit> characters'),
  'nobody-here': noNick,
  'no-private-messages': (reply, { nick }) => reply('ERR_CANNOTSENDTOCHAN', nick, 'No private messages at this client'),
  'history-gone': fail('Older messages have been removed'),
  banned: (reply, { channel }) => reply('ERR_BANNEDFROMCHAN', channel),
  'invite-only': (reply, { channel }) => reply('ERR_INVITEONLYCHAN', channel),
  'room-full': (reply, { channel }) => reply('ERR_CHANNELISFULL', channel),
  muted: cannotSend('You are muted in this channel'),
  moderated: cannotSend('Cannot send to channel (+m)'),
  'slow-mode': cannotSend('Slow mode, wait <limit> seconds'),
  'not-permitted': (reply, { channel, why }) => reply('ERR_CHANOPRIVSNEEDED', channel, why),
  'message-unknown': fail('No such message'),
  'too-many-roles': (reply, { channel, nick }) => reply('ERR_BANLISTFULL', channel, nick),
  'too-many-blocks': fail('Too many blocks'),
  'account-required': fail('Only for accounts'),
  'admin-required': (reply) => reply('ERR_NOPRIVILEGES'),
  'invalid-network': fail('Not a network'),
  'too-many-address-bans': fail('Too many banned addresses'),
  'session-unknown': noNick,
  'user-unknown': noNick,
  'token-invalid': fail('Not an access token'),
  'token-scope': fail('The access token does not have this right'),
  'token-taken': fail('The account has a token of this name'),
  'token-unknown': fail('No such token'),
  'too-many-tokens': fail('Too many tokens'),
  unavailable: fail('Temporarily unavailable, try again'),
}

/** Resolves with what a step gives, or with another value where it is refused: the next steps go on. */
export async function unlessRefused<T, U>(step: Promise<T>, otherwise: (refusal: Refusal) => U): Promise<T | U> {
  try {
    return await step
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return otherwise(error)
  }
}

export function refusedLine(
  refusal: Pick<Refusal, 'code' | 'bound'>,
  reply: IrcContext['reply'],
  subjects: Subjects,
): string {
  return NUMERIC_OF[refusal.code](reply, subjects, refusal)
}

/** Returns the lines that tell a client of channels that it is out of, and why, behind the change of its nickname. */
export function lostLines({ session, reply }: IrcContext, lost: readonly LostRoom[]): string[] {
  return lost.flatMap(({ room, refusal }) => {
    const channel = channelOf(room)
    const subjects = { channel, nick: session.nick }
    return [ownLine(session, `:${session.source} PART ${channel}`), refusedLine(refusal, reply, subjects)]
  })
}
