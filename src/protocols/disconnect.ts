/** Why a server closes a connection that has not asked for it, and whether it is worth coming back soon. */
export interface Disconnect {
  readonly text: string
  readonly reconnect: boolean
}

export type DisconnectReason =
  | 'too-many-connections'
  | 'too-many-from-address'
  | 'login-timeout'
  | 'reader-too-slow'
  | 'unavailable'
  | 'frame-too-long'
  | 'peer-vanished'
  | 'account-removed'
  | 'password-changed'
  | 'stopping'

export const DISCONNECTS: Readonly<Record<DisconnectReason, Disconnect>> = {
  'too-many-connections': { text: 'Too many connections', reconnect: true },
  'too-many-from-address': { text: 'Too many connections from your address', reconnect: false },
  'login-timeout': { text: 'Login takes too long', reconnect: true },
  'reader-too-slow': { text: 'Reading too slowly, messages would be lost', reconnect: true },
  // In the middle of a reply, where no error could be told from what was asked for.
  unavailable: { text: 'Temporarily unavailable', reconnect: true },
  'frame-too-long': { text: 'Message too long', reconnect: true },
  // Counted and logged; the peer hears nothing any more.
  'peer-vanished': { text: 'No acknowledgement', reconnect: true },
  // Done by the operator of the server.
  'account-removed': { text: 'Your account has been removed', reconnect: false },
  'password-changed': { text: 'Your password has been changed, log in with the new one', reconnect: false },
  stopping: { text: 'Server is stopping, come back in a moment', reconnect: true },
}
