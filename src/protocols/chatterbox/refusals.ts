import type { Refusal, RefusalCode } from '../../chat/refusal.ts'

export const UNAVAILABLE = 'Temporarily unavailable'
/** The reply to names that the protocol or the core reserves, such as `ALL`. */
export const NOT_ALLOWED = 'The provided username is not allowed.'

const IN_USE = 'The provided username is already in use.'
const RESERVED = 'The provided username is reserved.'
const NOBODY = 'Specified username does not exist (or at least is not online)'

/**
 * Returns the reply to a refusal, the `INFO` for a username and the `ERROR` for a message (docs/protocols/chatterbox.md, section 2);
 * undefined for those without a reply.
 */
export function refusalText({ code, bound = '' }: Pick<Refusal, 'code' | 'bound'>): string | undefined {
  return TEXTS[code]?.replace('<limit>', bound)
}

/** The text for each code, in which the limit replaces `<limit>`. */
const TEXTS: Readonly<Record<RefusalCode, string | undefined>> = {
  'name-invalid': 'Letters, digits, single blanks, _ - . and brackets, at most 32.',
  'name-reserved': RESERVED,
  'name-in-room': IN_USE,
  'nobody-here': NOBODY,
  'no-private-messages': NOBODY,
  'too-many-blocks': 'You have blocked too many already',
  banned: 'You are banned from this room',
  'invite-only': 'Only invited users may enter this room',
  'room-full': 'This room is full',
  muted: 'You are muted in this room',
  moderated: 'Only operators and voiced users may speak now',
  'slow-mode': 'Slow mode, wait <limit> seconds',
  'text-too-long': 'Message too long, at most <limit> characters',
  'account-required': 'Only the owners of accounts may enter',
  unavailable: UNAVAILABLE,
  // An empty message is dropped (docs/protocols/chatterbox.md, section 2.2).
  'text-empty': undefined,
  // The connection is about to end.
  'not-in-room': undefined,
  // No request of this protocol is refused for these reasons: it has one room without a password, and no accounts.
  'name-taken': IN_USE,
  'name-in-use': IN_USE,
  'name-unknown': NOBODY,
  'secret-invalid': RESERVED,
  'secret-wrong': RESERVED,
  'too-many-attempts': UNAVAILABLE,
  'too-many-accounts': UNAVAILABLE,
  'room-name-invalid': UNAVAILABLE,
  'room-private': UNAVAILABLE,
  'room-unknown': UNAVAILABLE,
  'too-many-rooms': UNAVAILABLE,
  'room-taken': UNAVAILABLE,
  'password-wrong': UNAVAILABLE,
  'password-invalid': UNAVAILABLE,
  'history-gone': UNAVAILABLE,
  'admin-required': UNAVAILABLE,
  'invalid-network': UNAVAILABLE,
  'too-many-address-bans': UNAVAILABLE,
  'token-scope': UNAVAILABLE,
  'token-invalid': UNAVAILABLE,
  'token-taken': UNAVAILABLE,
  'token-unknown': UNAVAILABLE,
  'too-many-tokens': UNAVAILABLE,
  'session-unknown': UNAVAILABLE,
  'user-unknown': UNAVAILABLE,
  'not-permitted': UNAVAILABLE,
  'message-unknown': UNAVAILABLE,
  'too-many-roles': UNAVAILABLE,
}
