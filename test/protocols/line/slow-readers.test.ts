import { pino } from 'pino'
import { expect, test } from 'vitest'
import { LineConversation } from '../../../src/protocols/line/conversation.ts'
import { encoder } from '../../../src/protocols/line/json.ts'
import { LineWire } from '../../../src/protocols/line/wire.ts'
import type { ClientLink } from '../../../src/transport/conversation.ts'
import { HERE, say, stage } from '../../chat/stage.ts'
import { collectGarbage } from '../../support/collect-garbage.ts'

const READERS = 40
/** More than are held in memory for a room; the first page is read from the store. */
const MESSAGES = 300
const TEXT = 'x'.repeat(3_900)
/** Those of six messages for each reader, of whose pages each has eight, and their lines as much again. */
const MAX_BYTES = 6 * READERS * TEXT.length

/** A link to a client that reads the replies, and of a history its first line only. */
class Deaf implements ClientLink {
  readonly address = HERE
  readonly pace = { rate: 0, burst: 1 }
  readonly replies = { settled: true, announcing: false, answered: Promise.resolve() }
  readonly outbox = { push: (chunk: Buffer) => this.push(chunk) }
  closed = false
  readonly mayBeEnding = false
  readonly isGone = false
  readonly isEncrypted = false
  /** Resolves with the bytes of the first page, when that is not read. */
  readonly full = Promise.withResolvers<number>()
  readonly #drained = Promise.withResolvers<void>()
  #bytes = 0

  push(chunk: Buffer): void {
    this.#bytes = chunk.length
  }

  drained(): Promise<void> {
    if (this.#bytes < TEXT.length) return Promise.resolve()
    this.full.resolve(this.#bytes)
    return this.#drained.promise
  }

  /** Ends the connection. */
  close(): void {
    this.closed = true
    this.#drained.resolve()
  }

  hangUp(): void {}
  disconnect(): void {}
  countExtra(): void {}
  async paced(): Promise<void> {}
}

test.each(['HISTORY', 'HISTORY kinds=message', 'HISTORY first=200', 'HISTORY 2000-01-01'])(
  'a client that does not read its history holds no messages in the heap: %s',
  async (line) => {
    const { chat, guest } = await stage()
    const filler = await guest('filler', 'lobby')
    for (let n = 0; n < MESSAGES; n++) await say(chat, filler, `${n} ${TEXT}`)
    const options = { chat, wire: new LineWire(encoder(false)), log: pino({ level: 'silent' }), maxLine: 16_384 }
    const readers = Array.from({ length: READERS }, () => new Deaf())
    const conversations = readers.map((link) => new LineConversation(options, link))
    for (const [n, conversation] of conversations.entries()) {
      await conversation.handle(`LOGIN reader${n}`)
      await conversation.handle('JOIN lobby')
    }

    collectGarbage()
    const before = process.memoryUsage().heapUsed
    const streams = conversations.map((conversation) => conversation.handle(line))
    for (const { full } of readers) expect(await full.promise).toBeGreaterThan(7 * TEXT.length)
    collectGarbage()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(MAX_BYTES)

    for (const link of readers) link.close()
    await Promise.all(streams)
  },
)
