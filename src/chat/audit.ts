/** An action of a client that is logged with its nickname and address (docs/operating.md, Logs). */
export interface AuditEntry {
  readonly what:
    | 'login'
    | 'login-failed'
    | 'registered'
    | 'password-changed'
    | 'account-removed'
    | 'disconnected'
    | 'address-banned'
    | 'address-unbanned'
    | 'room-closed'
    | 'token-created'
    | 'token-revoked'
  /** The address or network by which limits count the client, or the banned network. */
  readonly address: string
  /** The nickname that the action concerns, as the client wrote it; at most {@link LONGEST} characters. */
  readonly name?: string
  /** The slug of the room that the action concerns. */
  readonly room?: string
  /** The end of a ban, as a date of ISO 8601. */
  readonly until?: string
  readonly protocol?: string
  /** The name of an access token. */
  readonly token?: string
  /** Refusal code of a failed login, or the reason that an admin gave. */
  readonly reason?: string
  /** The nickname of the client that acts, where it is another one. */
  readonly by?: string
}

export type OnAudit = (entry: AuditEntry) => void

/** Maximum UTF-16 units of a text in an entry; clients may send longer ones. */
const LONGEST = 128

/** Returns an entry with short texts, in the same order. */
export function auditEntry(entry: AuditEntry): AuditEntry {
  const { name, reason } = entry
  return {
    ...entry,
    ...(name !== undefined && { name: name.slice(0, LONGEST) }),
    ...(reason !== undefined && { reason: reason.slice(0, LONGEST) }),
  }
}
