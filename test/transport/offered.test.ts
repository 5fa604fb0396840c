/** A unit that a conversation takes later holds back the ones behind it, an empty line included. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { Admission } from '../../src/transport/admission.ts'
import type { Conversation } from '../../src/transport/conversation.ts'
import { LineFraming, type LineUnit } from '../../src/transport/lines/framing.ts'
import { Tally } from '../../src/transport/tally.ts'
import { socketListener } from '../../src/transport/tcp.ts'
import { evenPacing } from '../support/pacing.ts'

/** More than a connection asks for in one round of the event loop. */
const MANY = 1_000

/** Takes the first line in a later round of the event loop. */
class Hesitant implements Conversation<LineUnit> {
  readonly session = undefined
  readonly asked: LineUnit[] = []
  readonly taken: LineUnit[] = []
  readonly hesitates = Promise.withResolvers<void>()
  readonly done = Promise.withResolvers<void>()
  #isReady = false

  handle(line: LineUnit): 'again' | undefined {
    this.asked.push(line)
    setImmediate(() => {
      this.#isReady = true
      this.hesitates.resolve()
    })
    if (!this.#isReady && this.asked.length < MANY) return 'again'
    this.taken.push(line)
    if (line === 'behind') this.done.resolve()
    return undefined
  }

  leave(): void {}
}

test.for(['', 'a line'])('"%s", which is taken later, is asked for once in a round of the event loop', async (line) => {
  const conversation = new Hesitant()
  const listener = socketListener({
    name: 'hesitant',
    admission: new Admission({ maxConnections: 0, maxPerAddress: 0 }),
    options: {
      log: pino({ level: 'silent' }),
      tally: new Tally(),
      maxQueueBytes: 65_536,
      pacing: evenPacing({ rate: 0, burst: 1 }),
      loginTimeoutMs: 0,
      lastWord: () => Buffer.alloc(0),
    },
    framing: () => new LineFraming(1_024, Buffer.alloc(0)),
    converse: () => conversation,
  })
  const { port } = await listener.listen('127.0.0.1', 0)
  const socket = connect(port, '127.0.0.1')
  onTestFinished(async () => {
    socket.destroy()
    await listener.stop()
  })
  await once(socket, 'connect')
  socket.write(`${line}\n`)
  await conversation.hesitates.promise
  // More input is the occasion to ask again.
  socket.write('behind\n')
  await conversation.done.promise
  expect(conversation.asked).toEqual([line, line, 'behind'])
  expect(conversation.taken).toEqual([line, 'behind'])
})
