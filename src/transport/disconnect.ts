/** The error that a client receives when the server closes its connection. */
export interface Disconnect {
  readonly text: string
  readonly reconnect: boolean
  /** Advice for the user. */
  readonly hint?: string
}

const TEXTS = {
  'too-many-connections': { text: 'Too many connections', reconnect: true },
  'too-many-from-address': { text: 'Too many connections from your address', reconnect: false },
  'login-timeout': { text: 'Login takes too long', reconnect: true },
  'reader-too-slow': { text: 'Reading too slowly, messages would be lost', reconnect: true },
  // Sent in the middle of a streamed reply, which cannot be answered with an error any more, or when out of file descriptors.
  unavailable: { text: 'Temporarily unavailable', reconnect: true },
  'frame-too-long': { text: 'Message too long', reconnect: true },
  'frames-too-many': { text: 'Too many frames at once', reconnect: true },
  'message-too-slow': { text: 'Message takes too long', reconnect: true },
  'out-of-memory': { text: 'Server is short of memory', reconnect: true },
  // The client speaks HTTP or TLS on a port for another protocol.
  'wrong-protocol': { text: 'Another protocol is spoken here', reconnect: false },
  'utf-16': {
    text: 'UTF-16 is not understood',
    reconnect: false,
    hint: 'Send UTF-8: iconv -f UTF-16 -t UTF-8, or in PowerShell $OutputEncoding = [Text.UTF8Encoding]::new()',
  },
  // Other nodes have released the memberships of this one, or the store has lost them; see `MembershipEnd`.
  'membership-lost': { text: 'Membership lost while this server was cut off, come back', reconnect: true },
  // Another node has logged in the account after this node's lease had expired, in a protocol with one login for each account.
  'logged-in-elsewhere': { text: 'Logged in elsewhere', reconnect: false },
  // A moderator has removed the user from the only room of the protocol.
  kicked: { text: 'You have been removed from the room', reconnect: false },
  'account-removed': { text: 'Your account has been removed', reconnect: false },
  'password-changed': { text: 'Your password has been changed, log in with the new one', reconnect: false },
  'logged-out': { text: 'Logged out by another session of your account', reconnect: false },
  // The access token of the session was revoked, or has expired.
  'token-ended': { text: 'Your access token has ended', reconnect: false },
  // An admin may give a reason for these two, see `AddressBans`.
  disconnected: { text: 'Disconnected by an admin', reconnect: false },
  'address-banned': { text: 'Your address is banned', reconnect: false },
  stopping: { text: 'Server is stopping, come back in a moment', reconnect: true },
} satisfies Readonly<Record<string, Disconnect>>

export type DisconnectReason = keyof typeof TEXTS
export const DISCONNECTS: Readonly<Record<DisconnectReason, Disconnect>> = TEXTS

/** Returns the text of the error, with the text that an admin has added. */
export function disconnectText(reason: DisconnectReason, why = ''): string {
  const { text } = DISCONNECTS[reason]
  return why === '' ? text : `${text}: ${why}`
}
