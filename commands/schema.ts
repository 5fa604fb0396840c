/**
 * The lines from the server of the line protocol as TypeBox schemas (docs/protocols/line.md, sections 2, 5 and 8): the types of the
 * code (replies.ts), the validation of lines in tests, and, through `npm run schema`, the published JSON Schema. The daemon does not
 * load this file at run time.
 */
import { type Static, type TObjectOptions, type TProperties, Type } from 'typebox'
import { ERROR_CODES } from './errors.ts'

const Id = Type.String({ pattern: '^[0-9]+$', description: "Rises strictly within a room's log; compare as a number." })
const Time = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}$',
  description: 'UTC, microseconds.',
})
const Nickname = Type.String({ minLength: 1, maxLength: 32 })
const RoomName = Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,69}$' })

const reconnect = Type.Optional(
  Type.Boolean({ description: 'The connection closes; whether it is worth coming back soon.' }),
)

/** Returns the schema of an object that has these properties and no others. */
function object<P extends TProperties>(properties: P, options: TObjectOptions = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

const CommandHelp = object({ name: Type.String(), usage: Type.String(), help: Type.String(), group: Type.String() })
const RoomCount = object({
  room: RoomName,
  members: Type.Integer({ minimum: 0 }),
  topic: Type.Optional(Type.String({ description: 'Missing without a topic.' })),
})

/** Marks of a member in /who. */
const Mark = Type.Enum(['owner', 'operator', 'voiced', 'away', 'bot', 'account'])
const MarkedMember = object({
  nickname: Nickname,
  marks: Type.Array(Mark),
  away: Type.Optional(Type.String({ description: 'The text of a user who is away.' })),
})

const NameRule = object(
  { pattern: Type.String(), minLength: Type.Integer({ minimum: 1 }), maxLength: Type.Integer({ minimum: 1 }) },
  { description: 'Keywords of JSON Schema.' },
)
export type NameRule = Static<typeof NameRule>

const SessionEntry = object({
  id: Type.String(),
  nickname: Nickname,
  protocol: Type.String(),
  address: Type.String({ description: 'By which limits count: an IPv6 address by its network.' }),
  since: Time,
  account: Type.Boolean({ description: 'The owner of the account.' }),
  current: Type.Optional(Type.Boolean({ description: 'True for the session that asks.' })),
  token: Type.Optional(Type.String({ description: 'The access token with which it has logged in.' })),
})
const User = object({ nickname: Nickname, account: Type.Boolean(), admin: Type.Boolean() })
const RateLimit = object(
  {
    perSecond: Type.Integer({ minimum: 1, description: 'Lines read in a second.' }),
    burst: Type.Integer({ minimum: 1, description: 'Lines read at once.' }),
  },
  { description: 'The rate that holds for this connection; missing without a limit.' },
)

const Limits = object(
  {
    line: Type.Integer({ minimum: 1, description: 'Bytes of a line, without its end.' }),
    text: Type.Integer({ minimum: 1, description: 'Characters of a message.' }),
    nickname: NameRule,
    room: NameRule,
    rate: Type.Optional(RateLimit),
    welcome: Type.Optional(Type.String({ description: 'The purpose of the server (--welcome).' })),
  },
  { description: '/limits' },
)
export type Limits = Static<typeof Limits>

const SanctionEntry = object({
  to: Type.String({ description: 'A nickname or a mask.' }),
  by: Nickname,
  utctimestamp: Time,
  address: Type.Optional(Type.Literal(true, { description: 'It covers all guests at the address of this one, too.' })),
  until: Type.Optional(Time),
  reason: Type.Optional(Type.String()),
})

const Mode = object({
  flag: Type.Enum(['moderated', 'invite-only', 'slow', 'limit', 'password', 'visibility', 'keep']),
  value: Type.Optional(
    Type.String({ description: 'Seconds of `slow`, members of `limit`, days of `keep`, `hidden` of `visibility`.' }),
  ),
})

const AddressBan = object({
  network: Type.String({ description: 'An address, or a network such as 198.51.100.0/24.' }),
  by: Nickname,
  utctimestamp: Time,
  until: Type.Optional(Time),
  reason: Type.Optional(Type.String()),
})

const TokenEntry = object({
  name: Type.String(),
  rooms: Type.Optional(Type.Array(RoomName, { description: 'The only rooms that it is for.' })),
  may: Type.Array(Type.Enum(['read', 'write'])),
  utctimestamp: { ...Time, description: 'When it was made.' },
  until: Type.Optional(Time),
  value: Type.Optional(Type.String({ description: 'The token itself; in reply to /token create only.' })),
})
export type TokenEntry = Static<typeof TokenEntry>

const CommandResult = object({
  type: Type.Literal('commandResult'),
  /** Text for users; null for HISTORY and /inbox, whose records follow. */
  result: Type.Union([Type.String(), Type.Null()]),
  commands: Type.Optional(Type.Array(CommandHelp, { description: '/help' })),
  id: Type.Optional({ ...Id, description: 'MESSAGE with a nonce: the id of the message.' }),
  room: Type.Optional({
    ...RoomName,
    description: '/who; MESSAGE with a nonce in a room that was renamed since /speak: its name.',
  }),
  members: Type.Optional(Type.Array(Nickname, { description: '/who: in order of joining.' })),
  marks: Type.Optional(Type.Array(MarkedMember, { description: '/who: the members with marks.' })),
  before: Type.Optional(
    Type.String({
      pattern: '^[0-9]+$',
      description:
        'HISTORY with a filter, and /search: not all events were looked at; before=ID goes on with those before this id.',
    }),
  ),
  rooms: Type.Optional(Type.Array(RoomCount, { description: '/rooms: busiest first.' })),
  more: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: '/rooms, /address-bans, /bans, /mutes: number of rooms, bans or mutes that are left out.',
    }),
  ),
  limits: Type.Optional(Limits),
  user: Type.Optional(User),
  sessions: Type.Optional(Type.Array(SessionEntry, { description: '/sessions, /whois: oldest first.' })),
  token: Type.Optional({ ...TokenEntry, description: '/token create' }),
  tokens: Type.Optional(Type.Array(TokenEntry, { description: '/token list: oldest first.' })),
  bans: Type.Optional(Type.Array(SanctionEntry, { description: '/bans: oldest first.' })),
  mutes: Type.Optional(Type.Array(SanctionEntry, { description: '/mutes: oldest first.' })),
  others: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: '/mute, /ban: other guests here at the address, as far as the node knows.',
    }),
  ),
  modes: Type.Optional(Type.Array(Mode, { description: '/modes: those that are on.' })),
  addressBans: Type.Optional(Type.Array(AddressBan, { description: '/address-bans: newest first.' })),
  topic: Type.Optional(Type.String({ description: '/topic: the present one.' })),
  blocked: Type.Optional(Type.Array(Nickname, { description: '/blocked' })),
  found: Type.Optional(Type.Integer({ minimum: 0, description: '/search: number of records before this line.' })),
})
export type CommandResult = Static<typeof CommandResult>

const ErrorReply = object({
  type: Type.Literal('error'),
  error: Type.String({ description: 'For people.' }),
  code: Type.Enum([...ERROR_CODES], { description: 'For programs: texts may change, codes do not.' }),
  hint: Type.Optional(Type.String({ description: 'How to do it right.' })),
  until: Type.Optional({ ...Time, description: 'The end of the ban or mute that refuses, where it has one.' }),
  reason: Type.Optional(Type.String({ description: 'Why there is the ban or mute that refuses, where it says so.' })),
  reconnect,
})
export type ErrorReply = Static<typeof ErrorReply>

const Notice = object({
  type: Type.Literal('notice'),
  notice: Type.String(),
  closed: Type.Optional({ ...RoomName, description: 'The room that the client is out of, as it was closed.' }),
  barred: Type.Optional({
    ...RoomName,
    description: 'The room that the client has listened in, and may not read any more.',
  }),
  reconnect,
})
export type Notice = Static<typeof Notice>

const happening = { from: Nickname, body: Type.String(), room: RoomName, utctimestamp: Time, id: Id }

const UserJoined = object({ type: Type.Literal('userJoined'), ...happening })
export type UserJoined = Static<typeof UserJoined>
const UserLeft = object({ type: Type.Literal('userLeft'), ...happening })
export type UserLeft = Static<typeof UserLeft>
const manner = {
  action: Type.Optional(Type.Literal(true, { description: '/me' })),
  notice: Type.Optional(Type.Literal(true, { description: '/notice: no program answers it.' })),
}
const Message = object({ type: Type.Literal('message'), ...happening, ...manner })
export type Message = Static<typeof Message>
const Private = object({
  type: Type.Literal('private'),
  ...happening,
  room: Type.Optional(Type.String({ ...RoomName, description: 'The room that both users are in.' })),
  to: Nickname,
})
export type Private = Static<typeof Private>

const Topic = object({ type: Type.Literal('topic'), ...happening })
export type Topic = Static<typeof Topic>
const UserKicked = object(
  { type: Type.Literal('userKicked'), ...happening, to: Nickname },
  { description: '`to` is out of the room, without a userLeft; `body` is the reason.' },
)
export type UserKicked = Static<typeof UserKicked>

const role = {
  role: Type.Enum(['owner', 'operator', 'voiced', 'muted', 'banned', 'invited']),
  on: Type.Boolean({ description: 'False: no longer.' }),
  until: Type.Optional(Time),
}
const RoleChange = object(
  { type: Type.Literal('role'), ...happening, to: Type.String({ description: 'A nickname or a mask.' }), ...role },
  { description: '`body` is the reason.' },
)
export type RoleChange = Static<typeof RoleChange>

const mode = {
  flag: Type.Enum(['moderated', 'invite-only', 'slow', 'limit', 'password', 'visibility', 'title', 'keep']),
  on: role.on,
  value: Type.Optional(Type.String()),
}
const ModeChange = object({ type: Type.Literal('mode'), ...happening, ...mode })
export type ModeChange = Static<typeof ModeChange>

const Redacted = object(
  { type: Type.Literal('redacted'), ...happening, to: Nickname, target: Id },
  { description: 'The message of `to` with the id `target` is deleted.' },
)
export type Redacted = Static<typeof Redacted>

const EVENT_TYPES = ['message', 'userJoined', 'userLeft', 'topic', 'userKicked', 'role', 'mode', 'redacted'] as const
const HistoryRecord = object({
  type: Type.Enum([...EVENT_TYPES]),
  ...happening,
  to: Nickname,
  user: Type.Optional(Type.String({ description: 'Member `to` of the event.' })),
  ...manner,
  ...Type.Partial(Type.Object({ ...role, ...mode, target: Id })).properties,
})
/** A record of /inbox. */
const InboxRecord = object({
  type: Type.Literal('private'),
  from: Nickname,
  to: Nickname,
  body: Type.String(),
  utctimestamp: Time,
  id: Id,
})
const History = object(
  { type: Type.Literal('history'), from: Nickname, body: Type.Union([HistoryRecord, InboxRecord]) },
  { description: '`from`, and `body.to` of HISTORY, are the one who asked.' },
)
export type History = Static<typeof History>

/** One line from the server. */
export const SERVER_LINE = Type.Union([
  CommandResult,
  ErrorReply,
  Notice,
  UserJoined,
  UserLeft,
  Message,
  Topic,
  UserKicked,
  RoleChange,
  ModeChange,
  Redacted,
  Private,
  History,
])
export type ServerLine = Static<typeof SERVER_LINE>

/** Returns the content of commands/schema.json: one line from the server, as JSON Schema. */
export function publishedSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'One line from a roomd server, line protocol',
    ...SERVER_LINE,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
