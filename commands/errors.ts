/** The errors of the line protocol: every code with its text. docs/protocols/line-errors.md is generated from this table. */
import { NICKNAME_WORDS, SLUG_WORDS } from '../src/chat/names.ts'
import type { RefusalCode } from '../src/chat/refusal.ts'
import { DISCONNECTS, type DisconnectReason } from '../src/transport/disconnect.ts'
import { SHOWN_KINDS } from './kinds.ts'

/** Codes of errors that the line protocol detects itself. */
type LineFault =
  | 'unknown-command'
  | 'missing-parameter'
  | 'line-too-long'
  | 'line-unfinished'
  | 'invalid-utf8'
  | 'binary-message'
  | 'login-required'
  | 'already-logged-in'
  | 'not-blocked'
  | 'not-banned'
  | 'covered-by-other'
  | 'unknown-time'
  | 'invalid-limit'
  | 'invalid-id'
  | 'unknown-kind'
  | 'invalid-switch'
  | 'invalid-seconds'
  | 'invalid-time'
  | 'invalid-days'
  | 'internal-error'

/** Codes of errors in reply to a line; the connection stays open. */
export type FaultCode = RefusalCode | LineFault

/** Codes of errors after which the server closes the connection: a stop is told by a notice, and a line that is too long is a fault. */
export type DisconnectCode = Exclude<DisconnectReason, 'stopping' | 'frame-too-long'>

/** Value of `code` in an `error` line. */
export type ErrorCode = FaultCode | DisconnectCode

export interface ErrorText {
  /** Value of `error` in the line; the part in angle brackets is replaced by the subject. */
  readonly text: string
  /** Value of `hint` in the line: advice for the user. */
  readonly hint?: string
}

const NAME_HINT = `A nickname has ${NICKNAME_WORDS}; a password may follow a registered nickname only`

/** Exact texts of docs/protocols/line.md, section 2.8. */
export const ERRORS: Readonly<Record<FaultCode, ErrorText>> = {
  'unknown-command': { text: 'Unknown command: <word>' },
  'missing-parameter': { text: 'Missing required parameter' },
  'line-too-long': { text: 'Line too long, at most <limit> bytes' },
  'line-unfinished': { text: 'Unfinished line', hint: 'A line with a nonce ends with a line feed; send it again' },
  'invalid-utf8': { text: 'Invalid UTF-8' },
  'binary-message': { text: 'Binary messages are not understood' },
  'login-required': { text: 'Login required', hint: 'LOGIN <nickname>; HELP lists the commands' },
  'already-logged-in': { text: 'User already logged in with name <nickname>' },
  'not-blocked': { text: 'Not blocked: <nickname>' },
  'not-banned': { text: 'Not banned: <network>', hint: '/address-bans lists what is' },
  'covered-by-other': { text: 'Covered by the entry of <nickname>' },
  'unknown-time': {
    text: 'Unknown string format',
    hint: 'Times: 2026-05-24, 2026-05-24 15:17:19, 15:17, today, yesterday, epoch seconds, -10m, -2h, -7d',
  },
  'invalid-switch': { text: 'Invalid switch: <word>', hint: 'on or off' },
  'invalid-seconds': { text: 'Invalid time: <seconds>', hint: '30s, 5m, 2h, or seconds, up to a day; or off' },
  'invalid-time': {
    text: 'Invalid time: <time>',
    hint: '10m, 2h, 7d; without a time for good, with forever before a reason that begins with a number',
  },
  'invalid-days': { text: 'Invalid number of days: <days>', hint: 'Days up to those of --keep-days, or all' },
  'invalid-limit': { text: 'Invalid limit: <limit>', hint: 'A whole number from 1 on' },
  'invalid-id': { text: 'Invalid id: <id>' },
  'unknown-kind': {
    text: 'Unknown kind: <kind>',
    hint: `Kinds: ${SHOWN_KINDS}`,
  },
  'internal-error': { text: 'Internal error' },
  'name-invalid': { text: 'Invalid nickname', hint: NAME_HINT },
  'name-reserved': {
    text: 'Nickname is reserved',
    hint: 'LOGIN <nickname> <password> if it is your account; otherwise take another nickname',
  },
  'name-taken': { text: 'Nickname is already registered' },
  'name-in-use': { text: 'Nickname is in use' },
  'name-unknown': { text: 'Invalid nickname', hint: 'There is no account of this nickname' },
  'secret-invalid': { text: 'Invalid password', hint: 'A password has 8 to 128 characters' },
  'secret-wrong': { text: 'Password incorrect' },
  'too-many-attempts': { text: 'Too many attempts, wait a minute' },
  'too-many-accounts': { text: 'Too many accounts today, at most <limit>' },
  'name-in-room': { text: 'User with such nickname is already present in the requested room' },
  // The missing space is part of the protocol.
  'room-name-invalid': {
    text: 'Invalid room name: <room>, please use alphanumericcharacters only',
    hint: `A name has ${SLUG_WORDS}`,
  },
  'room-private': { text: 'Room is private' },
  'room-unknown': { text: 'No such room: <room>' },
  'too-many-rooms': { text: 'Too many rooms, at most <limit>' },
  'room-taken': { text: 'Room already exists: <room>' },
  'password-wrong': { text: 'Password incorrect' },
  'password-invalid': { text: 'Invalid password', hint: 'The password of a room has 8 characters to 72 bytes' },
  'not-in-room': { text: 'Join a room first', hint: 'JOIN <room>; /rooms lists the rooms' },
  'text-empty': { text: 'Missing required parameter' },
  'text-too-long': { text: 'Message too long, at most <limit> characters' },
  'nobody-here': { text: 'No such user here: <nickname>' },
  'no-private-messages': { text: 'No such user here: <nickname>' },
  'history-gone': { text: 'History before <id> is gone' },
  banned: { text: 'You are banned from this room' },
  'invite-only': { text: 'Room is invite-only', hint: 'An operator of the room can /invite you' },
  'room-full': {
    text: 'Room is full',
    hint: 'It has as many members as its operators let in; they can /invite you',
  },
  muted: { text: 'You are muted in this room' },
  moderated: { text: 'Room is moderated', hint: 'An operator of the room can /voice you' },
  'slow-mode': { text: 'Slow mode, wait <limit> seconds' },
  'not-permitted': {
    text: 'Not permitted',
    hint: 'Operators of the room may do this, to users of a lower rank than their own; /who shows them; where there are none, only admins may',
  },
  'message-unknown': { text: 'No such message here: <id>' },
  'too-many-roles': { text: 'Too many bans and roles in this room, at most <limit>' },
  'too-many-blocks': { text: 'You have blocked too many already' },
  'account-required': { text: 'Only for accounts', hint: '/register <password> makes your nickname an account' },
  'admin-required': { text: 'Only for admins' },
  'invalid-network': {
    text: 'Invalid network: <network>',
    hint: 'An address or a network such as 198.51.100.0/24 or 2001:db8::/32, from /8 for IPv4 and /16 for IPv6 on, without your own address',
  },
  'too-many-address-bans': { text: 'Too many addresses are banned, at most <limit>' },
  'session-unknown': { text: 'No such session: <id>', hint: '/sessions lists them' },
  'user-unknown': { text: 'No such user: <nickname>' },
  'token-scope': {
    text: 'Not with this access token',
    hint: 'Its rooms and rights are too few; log in with the password',
  },
  'token-invalid': {
    text: 'Invalid token: <name>',
    hint: 'A name has up to 64 letters, digits, dots, - and _; rooms=a,b may=read,write until=30d',
  },
  'token-taken': { text: 'There is a token <name> already', hint: '/token revoke <name> ends it' },
  'token-unknown': { text: 'No such token: <name>', hint: '/token list shows them' },
  'too-many-tokens': { text: 'Too many tokens, at most <limit>' },
  unavailable: { text: 'Temporarily unavailable' },
}

// Every code of FaultCode is a key of the table.
const FAULT_CODES = Object.keys(ERRORS) as FaultCode[]

export const DISCONNECT_CODES = (Object.keys(DISCONNECTS) as DisconnectReason[]).filter(
  (reason): reason is DisconnectCode => reason !== 'stopping' && reason !== 'frame-too-long',
)

export const ERROR_CODES: readonly ErrorCode[] = [...new Set<ErrorCode>([...FAULT_CODES, ...DISCONNECT_CODES])]
