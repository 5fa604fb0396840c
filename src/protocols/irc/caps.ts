/** The capabilities that a client may request (IRCv3, "Capability Negotiation"), each with its value in `CAP LS 302`. */
export const CAPS = {
  'account-tag': '',
  batch: '',
  'cap-notify': '',
  'draft/chathistory': '',
  'draft/event-playback': '',
  'draft/message-redaction': '',
  'draft/account-registration': '',
  'draft/no-implicit-names': '',
  'echo-message': '',
  'extended-join': '',
  'invite-notify': '',
  'labeled-response': '',
  'message-tags': '',
  'multi-prefix': '',
  sasl: 'PLAIN',
  'server-time': '',
  'standard-replies': '',
  'userhost-in-names': '',
} as const satisfies Readonly<Record<string, string>>

export type Cap = keyof typeof CAPS

export function isCap(name: string): name is Cap {
  return Object.hasOwn(CAPS, name)
}

/** Returns the list of all capabilities, with their values for version 302 and later. */
export function capList(withValues: boolean): string {
  return Object.entries(CAPS)
    .map(([name, value]) => (withValues && value !== '' ? `${name}=${value}` : name))
    .join(' ')
}
