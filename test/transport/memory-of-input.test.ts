import { describe, expect, it } from 'vitest'
import { FrameReader } from '../../src/transport/frames.ts'
import { showLine } from '../../src/transport/lines/bytes.ts'
import { LineFraming } from '../../src/transport/lines/framing.ts'
import { collectGarbage } from '../support/collect-garbage.ts'

const CHUNK = 65_536
const CLIENTS = 500
/** Each of the texts below has some twenty characters; a chunk has 3,000 times as many. */
const MAX_BYTES = 1_000_000

/** Bytes that stay in memory as long as what `make` returns does. */
async function bytesHeldBy(make: () => unknown): Promise<number> {
  const before = await used()
  const held = await make()
  const after = await used()
  expect(held).toBeDefined()
  return after - before
}

/** Bytes in use behind garbage collections; the memory of buffers is given back after one, not in it. */
async function used(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

interface Input {
  readonly framing: LineFraming
  /** Feeds a chunk, and takes the lines that it completes, as soon as it is not held back. */
  feed(chunk: Buffer): Promise<void>
}

function inputOf(maxLine = 16_384): Input {
  const framing = new LineFraming(maxLine, Buffer.alloc(0))
  let ready = () => {}
  framing.open({ ready: () => ready(), push() {} })
  return {
    framing,
    async feed(chunk) {
      framing.feed(chunk)
      while (framing.next() !== undefined);
      if (framing.waiting) {
        await new Promise<void>((resolve) => {
          ready = resolve
        })
      }
      while (framing.next() !== undefined);
    },
  }
}

/** A chunk that differs from the others, so that no two share memory. */
function chunkOf(client: number, text: string, place: 'first' | 'last'): Buffer {
  const filler = `${'.'.repeat(60)} ${client}\n`.repeat(Math.ceil(CHUNK / 64))
  return Buffer.from(place === 'first' ? `${text}\n${filler}` : `${filler}${text}`)
}

function each<T>(make: (client: number) => T): T[] {
  return Array.from({ length: CLIENTS }, (_, client) => make(client))
}

describe('a text that outlives its chunk', () => {
  it.each(['a message of 22 bytes', 'a message of 24 bytés'])('keeps only itself in memory: %s', async (message) => {
    const bytes = await bytesHeldBy(() =>
      each((client) => {
        const { framing } = inputOf()
        framing.feed(chunkOf(client, `${message} ${client}`, 'first'))
        framing.end()
        return framing.next()
      }),
    )
    expect(bytes).toBeLessThan(MAX_BYTES)
  })

  it('keeps only itself in memory as a line of a WebSocket message', async () => {
    const bytes = await bytesHeldBy(() =>
      each((client) => {
        const [line = ''] = chunkOf(client, `a message of 22 bytes ${client}`, 'first').toString().split('\n')
        return showLine(line)
      }),
    )
    expect(bytes).toBeLessThan(MAX_BYTES)
  })

  it('keeps only itself in memory as a line that has not ended', async () => {
    const bytes = await bytesHeldBy(() =>
      Promise.all(
        each(async (client) => {
          const { framing, feed } = inputOf()
          await feed(chunkOf(client, 'a line that has begun', 'last'))
          expect([framing.held, framing.waiting]).toEqual([21, false])
          return framing
        }),
      ),
    )
    expect(bytes).toBeLessThan(CLIENTS * 2_000)
  })
})

it('a line that comes byte by byte costs little more than its bytes', async () => {
  const length = 16_000
  const bytes = await bytesHeldBy(() =>
    Promise.all(
      Array.from({ length: 50 }, async () => {
        const { framing, feed } = inputOf()
        for (let sent = 0; sent < length; sent++) await feed(Buffer.from('x'))
        expect([framing.held, framing.waiting]).toEqual([length, false])
        return framing
      }),
    ),
  )
  // A buffer for each byte would take a hundred times as much.
  expect(bytes / 50).toBeLessThan(length * 2)
})

it('a reader of frames keeps nothing of a chunk that was taken to its end, and counts what is left', async () => {
  const frame = Buffer.alloc(4 + 100)
  frame.writeUInt32BE(100)
  const bytes = await bytesHeldBy(() =>
    each(() => {
      const reader = new FrameReader(65_536)
      const chunk = Buffer.concat(Array.from({ length: 600 }, () => frame))
      reader.feed(chunk)
      expect(reader.held).toBe(chunk.length)
      while (reader.next() !== undefined);
      expect(reader.held).toBe(0)
      return reader
    }),
  )
  expect(bytes).toBeLessThan(MAX_BYTES)
})
