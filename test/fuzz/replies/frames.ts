/** Replies of Chatterbox and Chatroom. */
import { type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { FrameReader, HEADER_BYTES } from '../../../src/transport/frames.ts'

const exact = { additionalProperties: false }
const names = Type.Array(Type.String())
const message = Type.Tuple([
  Type.String(),
  Type.String(),
  Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
  Type.String(),
])

/** docs/protocols/chatterbox.md, sections 2 and 3. */
const Chatterbox = Type.Object(
  {
    USERNAME_ACCEPTED: Type.Optional(Type.Boolean()),
    INFO: Type.Optional(Type.String()),
    USER_LIST: Type.Optional(Type.Array(Type.Object({ name: Type.String(), active: Type.Boolean() }, exact))),
    MESSAGES: Type.Optional(Type.Array(message)),
    USERS_JOINED: Type.Optional(names),
    USERS_LEFT: Type.Optional(names),
    ERROR: Type.Optional(Type.String()),
  },
  { ...exact, minProperties: 1 },
)

const rooms = Type.Record(Type.String(), names)
const reply = <const T extends string>(type: T, data: TSchema) =>
  Type.Object(
    { type: Type.Literal(type), status: Type.Literal('ok'), data, message: Type.Optional(Type.String()) },
    exact,
  )
const entered = Type.Record(Type.String(), Type.String())
/** docs/protocols/chatroom.md, section 1. */
const Chatroom = Type.Union([
  reply('list', rooms),
  reply('list_room', rooms),
  reply('msg', Type.Object({ to: Type.String(), from: Type.String(), text: Type.String() }, exact)),
  ...['register', 'login', 'enter'].map((type) => reply(type, entered)),
  ...['create', 'exit', 'logout'].map((type) =>
    Type.Object({ type: Type.Literal(type), status: Type.Literal('ok'), message: Type.String() }, exact),
  ),
  Type.Object({ type: Type.String(), status: Type.Literal('error'), message: Type.String() }, exact),
])

/** No frame of roomd is larger. */
const MOST_BYTES = 2 ** 24
const BRACE = 0x7b

function framesOf(received: Buffer, complete: boolean): Buffer[] {
  const reader = new FrameReader(MOST_BYTES)
  const frames: Buffer[] = []
  reader.feed(received)
  for (let next = reader.next(); next !== undefined; next = reader.next()) frames.push(next)
  if (reader.fault) throw new Error('a frame over 16 MB')
  const bytes = frames.reduce((sum, { length }) => sum + HEADER_BYTES + length, 0)
  if (complete && bytes < received.length) throw new Error('half a frame')
  return frames
}

function checker(schema: TSchema, checkBytes: (frame: Buffer) => void) {
  const compiled = Compile(schema)
  return (received: Buffer, complete: boolean): number => {
    const frames = framesOf(received, complete)
    for (const frame of frames) {
      checkBytes(frame)
      const text = new TextDecoder('utf-8', { fatal: true }).decode(frame)
      if (!compiled.Check(JSON.parse(text))) throw new Error(`not a reply of the protocol: ${text}`)
    }
    return frames.length
  }
}

/** Checks docs/protocols/chatterbox.md, section 5.2, items 4 and 7, too. */
export const checkChatterbox = checker(Chatterbox, (frame) => {
  if (frame.some((byte) => byte > 0x7f)) throw new Error('a frame that is not ASCII')
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(frame.length)
  if (header.includes(BRACE)) throw new Error(`a header with a brace: length ${frame.length}`)
})
export const checkChatroom = checker(Chatroom, () => {})
