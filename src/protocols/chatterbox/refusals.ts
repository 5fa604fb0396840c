import type { EntryRefusal, Refusal, RefusalAnswers, SpeechRefusal } from '../../chat/refusal.ts'

export const UNAVAILABLE = 'Temporarily unavailable'
/** The reply to names that the protocol or the core reserves, such as `ALL`. */
export const NOT_ALLOWED = 'The provided username is not allowed.'

const IN_USE = 'The provided username is already in use.'
const NOBODY = 'Specified username does not exist (or at least is not online)'

/**
 * Returns the reply to a refusal, the `INFO` for a username and the `ERROR` for a message (docs/protocols/chatterbox.md, section 2);
 * undefined for those without a reply. `maxText` is the maximum characters of a message.
 */
export function refusalText(
  { code, bound = '' }: Pick<Refusal, 'code' | 'bound'>,
  maxText: number,
): string | undefined {
  if (code === 'text-too-long') return tooLong(maxText)
  const text = code in TEXTS ? TEXTS[code] : UNAVAILABLE
  return text?.replace('<limit>', bound)
}

export function tooLong(maxText: number): string {
  return `Message too long, at most ${maxText} characters`
}

/** The text for each code that a request can cause, in which the limit replaces `<limit>`. */
const TEXTS: RefusalAnswers<Exclude<SpeechRefusal, 'text-too-long'> | EntryRefusal, string | undefined> = {
  'name-invalid': 'Letters, digits, single blanks, _ - . and brackets, at most 32.',
  'name-reserved': 'The provided username is reserved.',
  'name-in-use': IN_USE,
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
  'account-required': 'Only the owners of accounts may enter',
  unavailable: UNAVAILABLE,
  // An empty message is dropped (docs/protocols/chatterbox.md, section 2.2).
  'text-empty': undefined,
  // The connection is about to end.
  'not-in-room': undefined,
}
