/** Maximum lines of a message of several lines. */
export const MAX_LINES = 100

/** The capabilities that a client may request (IRCv3, "Capability Negotiation"). */
export const CAPS = [
  'account-notify',
  'account-tag',
  'away-notify',
  'batch',
  'cap-notify',
  'chghost',
  'draft/account-registration',
  'draft/chathistory',
  'draft/event-playback',
  'draft/message-redaction',
  'draft/multiline',
  'draft/no-implicit-names',
  'echo-message',
  'extended-join',
  'extended-monitor',
  'invite-notify',
  'labeled-response',
  'message-tags',
  'multi-prefix',
  'no-implicit-names',
  'sasl',
  'server-time',
  'setname',
  'standard-replies',
  'userhost-in-names',
] as const

export type Cap = (typeof CAPS)[number]

export function isCap(name: string): name is Cap {
  return (CAPS as readonly string[]).includes(name)
}

/** Another name of `no-implicit-names`. Version 301 gets one line, in which not all fit behind the longest nickname. */
const DRAFT_ALIAS = 'draft/no-implicit-names'

/**
 * Returns the list of all capabilities, with their values for version 302 and later. A text is limited in characters, so one of `maxText` bytes
 * always fits.
 */
export function capList(withValues: boolean, maxText: number): string[] {
  const values: Readonly<Partial<Record<Cap, string>>> = {
    'draft/multiline': `max-bytes=${maxText},max-lines=${MAX_LINES}`,
    sasl: 'PLAIN',
  }
  if (!withValues) return CAPS.filter((name) => name !== DRAFT_ALIAS)
  return CAPS.map((name) => (values[name] ? `${name}=${values[name]}` : name))
}
