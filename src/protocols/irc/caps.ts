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
  'standard-replies',
  'userhost-in-names',
] as const

export type Cap = (typeof CAPS)[number]

export function isCap(name: string): name is Cap {
  return (CAPS as readonly string[]).includes(name)
}

/**
 * Returns the list of all capabilities, with their values for version 302 and later. A text is limited in characters, so one of `maxText` bytes
 * always fits.
 */
export function capList(withValues: boolean, maxText: number): string[] {
  const values: Readonly<Partial<Record<Cap, string>>> = {
    'draft/multiline': `max-bytes=${maxText},max-lines=${MAX_LINES}`,
    sasl: 'PLAIN',
  }
  return CAPS.map((name) => (withValues && values[name] ? `${name}=${values[name]}` : name))
}
