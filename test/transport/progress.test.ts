/** Output that leaves without the stream counts as progress, and does not keep more in memory than is counted. */
import { execFileSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { tickEnd } from '../../src/tick.ts'
import { Backpressure } from '../../src/transport/backpressure.ts'
import type { PatientWebSocket } from '../../src/transport/http/patient.ts'
import { Outbox } from '../../src/transport/outbox.ts'
import type { Receiver } from '../../src/transport/transport.ts'
import { WebSocketTransport } from '../../src/transport/websocket.ts'
import { SlowReader } from './slow-reader.ts'

const MUCH = 100_000
const PACE = { rate: 0, burst: 0 }

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** A pipe that takes a part of {@link MUCH} at once. */
function pipe(): number {
  const folder = mkdtempSync(join(tmpdir(), 'roomd-pipe-'))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const ends = [constants.O_RDONLY, constants.O_WRONLY].map((flag) => openSync(path, flag | constants.O_NONBLOCK))
  onTestFinished(() => {
    for (const end of ends) closeSync(end)
    rmSync(folder, { recursive: true })
  })
  return ends[1] ?? -1
}

function outboxOn(fd: number) {
  const stream = new SlowReader(fd)
  return { stream, box: new Outbox(stream, Number.POSITIVE_INFINITY, { overflowed: () => {} }) }
}

test('a client that has read all before it fell behind again has not stalled', async () => {
  const sink = openSync('/dev/null', 'w')
  onTestFinished(() => closeSync(sink))
  const { stream, box } = outboxOn(sink)
  const stalled = vi.fn()
  const owner = { pace: PACE, isClosing: false, stalled, ready: () => {}, throttled: () => {} }
  const backpressure = new Backpressure(stream as unknown as Socket, box, 1_000, owner)
  box.push(Buffer.alloc(MUCH))
  backpressure.awaitDrain()
  await tickEnd()
  expect(box.bypassed).toBe(MUCH)
  stream.write(Buffer.alloc(MUCH))
  expect(backpressure.isBehind).toBe(true)
  vi.advanceTimersByTime(1_000)
  expect(stalled).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_000)
  expect(stalled).toHaveBeenCalledOnce()
})

test('a client that reads what does not go through the stream is not silent over WebSocket', () => {
  const socket = Object.assign(new EventEmitter(), { bytesWritten: 0, writableLength: 0, bytesRead: 0 })
  const websocket = Object.assign(new EventEmitter(), { isPaused: true, readyState: 0, OPEN: 1 })
  const heartbeat = { everyMs: 1_000, silenceMs: 2_000 }
  const transport = new WebSocketTransport(websocket as unknown as PatientWebSocket, socket as unknown as Socket, {
    maxMessage: 1,
    heartbeat,
  })
  const silent = vi.fn()
  const receiver = { isBehind: true, written: 0, silent }
  transport.open(receiver as unknown as Receiver<string | Buffer>)
  for (let step = 0; step < 5; step++) {
    receiver.written++
    vi.advanceTimersByTime(1_000)
  }
  expect(silent).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2_000)
  expect(silent).toHaveBeenCalled()
  socket.emit('close')
})

test('the small rest of joined chunks is a copy; that of a chunk that may be shared is none', async () => {
  const joined = outboxOn(pipe())
  joined.box.push(Buffer.alloc(MUCH / 2))
  joined.box.push(Buffer.alloc(MUCH / 2))
  await tickEnd()
  const single = outboxOn(pipe())
  const shared = Buffer.alloc(MUCH)
  single.box.push(shared)
  await tickEnd()
  for (const { box, stream } of [joined, single]) {
    expect(box.bypassed).toBeGreaterThan(MUCH / 2)
    expect(box.bypassed + (stream.taken[0]?.length ?? 0)).toBe(MUCH)
  }
  expect(joined.stream.taken[0]?.buffer.byteLength).toBe(joined.stream.taken[0]?.length)
  expect(single.stream.taken[0]?.buffer).toBe(shared.buffer)
})
