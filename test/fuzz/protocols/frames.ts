/** Chatterbox and Chatroom: JSON in frames with a length before it. */
import fc from 'fast-check'
import { delivered } from '../delivery.ts'
import { spoiled } from '../mutate-json.ts'
import { disordered } from '../mutate-order.ts'
import { checkChatroom, checkChatterbox } from '../replies/frames.ts'
import { type Protocol, type Step, send } from '../session.ts'
import { mostly, name, password, room, text } from '../values.ts'

function frameOf(json: string): fc.Arbitrary<Buffer> {
  const payload = Buffer.from(json)
  const { length } = payload
  const announced = mostly(
    30,
    fc.constant(length),
    fc.constantFrom(0, 1, length + 1, length >> 1, 65_536, 65_537, 2 ** 31, 2 ** 32 - 1),
  )
  return announced.map((count) => {
    const header = Buffer.alloc(4)
    header.writeUInt32BE(count)
    return Buffer.concat([header, payload])
  })
}

function framed(objects: readonly unknown[]): fc.Arbitrary<readonly Step[]> {
  return fc.tuple(...objects.map((object) => spoiled(object).chain(frameOf))).map((frames) => frames.map(send))
}

const timestamp = mostly(10, fc.constant(1_524_700_000), fc.constantFrom(-1, 1.5, 2 ** 32, 1e18, '5'))
const command = fc
  .tuple(
    fc.constantFrom('/Name', '/Block', '/UnBlock', '/unblock', '/Blocked', '/DisplayUsers', '/DisplayAllUsers', '/x'),
    fc.array(name, { maxLength: 4 }),
  )
  .map((words) => words.flat().join(' '))
const chatterboxSession = name.chain((own) => {
  const entry = fc.tuple(
    mostly(10, fc.constant(own), name),
    mostly(1, fc.constant('ALL'), name),
    timestamp,
    mostly(3, text, command),
  )
  const messages = fc.array(entry, { minLength: 1, maxLength: 5 }).map((MESSAGES) => ({ MESSAGES }))
  const said = fc.array(mostly<unknown>(20, messages, fc.constant({ USERNAME: own })), { maxLength: 12 })
  return said.map((rest): unknown[] => [{ USERNAME: own, FEATURES: [] }, ...rest])
})

/** Logins cost a slow hash each. */
const account = fc.tuple(name, password).map(([username, word]) => ({ username, password: word }))
const chatroomRequest = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(mostly(2, fc.constant('public'), name), text)
      .map(([to, said]) => ({ type: 'msg', data: { from: 'x', to, text: said } })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('create', 'enter'), room).map(([type, to]) => ({ type, data: { room: to } })),
  },
  fc.constantFrom('list', 'exit', 'logout', 'zzz').map((type) => ({ type, data: null })),
  account.map((data) => ({ type: 'login', data })),
)
const chatroomSession = fc
  .tuple(account, room, fc.array(chatroomRequest, { maxLength: 12 }))
  .map(([data, to, rest]): unknown[] => [
    { type: 'register', data },
    { type: 'login', data },
    { type: 'create', data: { room: to } },
    { type: 'enter', data: { room: to } },
    ...rest,
  ])

export const chatterbox: Protocol = {
  listener: 'chatterbox',
  sessions: delivered(chatterboxSession.chain(disordered).chain(framed), true),
  check: checkChatterbox,
}
export const chatroom: Protocol = {
  listener: 'chatroom',
  sessions: delivered(chatroomSession.chain(disordered).chain(framed), true),
  check: checkChatroom,
}
