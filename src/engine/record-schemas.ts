/** JSON Schemas of the values of records. Plain objects, as TypeBox takes 0.2 s to load. */

export const TEXT = { type: 'string' } as const

export const ACCOUNT = {
  type: 'object',
  properties: {
    name: TEXT,
    /** Hash of the password or key. */
    hash: TEXT,
    /** Time in ms since the epoch; missing for accounts that an earlier version stored in Redis. */
    createdAt: { type: 'number' },
    /** Unique among all accounts, also of one nickname; missing for accounts of earlier versions. */
    id: TEXT,
    /** True for an admin; `--admins` names further ones. */
    admin: { type: 'boolean' },
    /** True for the account of a program, which is read at the pace of trusted addresses. */
    bot: { type: 'boolean' },
    /** Digest of the word of the guest who has made it; the nonces of its messages remain those of the guest. */
    word: TEXT,
  },
  required: ['name', 'hash'],
  additionalProperties: false,
} as const

export const BLOCK = {
  type: 'object',
  properties: {
    /** The folded name of the user who blocks. */
    owner: TEXT,
    /** The blocked name as the owner wrote it. */
    name: TEXT,
  },
  required: ['owner', 'name'],
  additionalProperties: false,
} as const

export const ADDRESS_BAN = {
  type: 'object',
  properties: {
    /** The key. */
    network: TEXT,
    /** The nickname of the admin. */
    by: TEXT,
    /** Time in ms since the epoch. */
    at: { type: 'number' },
    /** The reason; empty if none was given. */
    why: TEXT,
    /** Its end in ms since the epoch; missing if it is for good. */
    until: { type: 'number' },
  },
  required: ['network', 'by', 'at', 'why'],
  additionalProperties: false,
} as const

export const TOKEN = {
  type: 'object',
  properties: {
    /** The key, SHA-256 of the token in hexadecimal digits. */
    digest: TEXT,
    /** The name of the account as registered. */
    account: TEXT,
    /** Id of the account, so that a later one under the same name does not inherit the token. */
    accountId: TEXT,
    /** The name that the owner has given the token. */
    name: TEXT,
    /** Folded slugs of the only rooms that it is for; missing for all rooms. */
    rooms: { type: 'array', items: TEXT },
    rights: { type: 'array', items: { enum: ['read', 'write'] } },
    /** Time in ms since the epoch. */
    createdAt: { type: 'number' },
    /** Its end in ms since the epoch, checked when it is used; missing if it has none. */
    until: { type: 'number' },
  },
  required: ['digest', 'account', 'accountId', 'name', 'rights', 'createdAt'],
  additionalProperties: false,
} as const

export const HOOK = {
  type: 'object',
  properties: {
    /** The key. */
    id: TEXT,
    room: { type: 'number' },
    /** The address to which events are posted. */
    url: TEXT,
    kinds: { type: 'array', items: TEXT },
    /** The key of the signature. */
    secret: TEXT,
    /** The name of the account that has made it. */
    by: TEXT,
    /** Id of the account, so that a later one under the same name is not taken for it. */
    account: TEXT,
    /** Time in ms since the epoch. */
    createdAt: { type: 'number' },
    /** Id of the last event that was delivered, or that is not wanted. */
    position: { type: 'number' },
    /** Set while events cannot be delivered. */
    failing: {
      type: 'object',
      properties: {
        /** Time in ms since the epoch. */
        since: { type: 'number' },
        error: TEXT,
      },
      required: ['since', 'error'],
      additionalProperties: false,
    },
  },
  required: ['id', 'room', 'url', 'kinds', 'secret', 'by', 'account', 'createdAt', 'position'],
  additionalProperties: false,
} as const
