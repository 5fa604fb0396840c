/** A reason for which the server closes a connection, as it is told to the client. */
export interface Disconnect {
  readonly text: string
  readonly reconnect: boolean
  /** How to do it right. */
  readonly hint?: string
}

export type DisconnectReason =
  | 'too-many-connections'
  | 'too-many-from-address'
  | 'login-timeout'
  | 'reader-too-slow'
  | 'unavailable'
  | 'frame-too-long'
  | 'frames-too-many'
  | 'message-too-slow'
  | 'out-of-memory'
  /** HTTP or TLS where neither is spoken. */
  | 'wrong-protocol'
  | 'utf-16'
  /** As in src/chat/session.ts. */
  | 'membership-lost'
  | 'account-removed'
  | 'password-changed'
  /** The account has been logged in to on another node that had taken this one for dead, where it may be logged in once. */
  | 'logged-in-elsewhere'
  | 'stopping'

export const DISCONNECTS: Readonly<Record<DisconnectReason, Disconnect>> = {
  'too-many-connections': { text: 'Too many connections', reconnect: true },
  'too-many-from-address': { text: 'Too many connections from your address', reconnect: false },
  'login-timeout': { text: 'Login takes too long', reconnect: true },
  'reader-too-slow': { text: 'Reading too slowly, messages would be lost', reconnect: true },
  // In the middle of a reply, where no error could be told from what was asked for, or out of file descriptors.
  unavailable: { text: 'Temporarily unavailable', reconnect: true },
  'frame-too-long': { text: 'Message too long', reconnect: true },
  'frames-too-many': { text: 'Too many frames at once', reconnect: true },
  'message-too-slow': { text: 'Message takes too long', reconnect: true },
  'out-of-memory': { text: 'Server is short of memory', reconnect: true },
  'wrong-protocol': { text: 'Another protocol is spoken here', reconnect: false },
  'utf-16': {
    text: 'UTF-16 is not understood',
    reconnect: false,
    hint: 'Send UTF-8: iconv -f UTF-16 -t UTF-8, or in PowerShell $OutputEncoding = [Text.UTF8Encoding]::new()',
  },
  'membership-lost': { text: 'Membership lost while this server was cut off, come back', reconnect: true },
  'logged-in-elsewhere': { text: 'Logged in elsewhere', reconnect: false },
  // Done by the operator of the server.
  'account-removed': { text: 'Your account has been removed', reconnect: false },
  'password-changed': { text: 'Your password has been changed, log in with the new one', reconnect: false },
  stopping: { text: 'Server is stopping, come back in a moment', reconnect: true },
}
