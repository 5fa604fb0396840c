/** A server without a network, whose lines come in the pieces, and at the moments, that a test wants. */
import { setImmediate } from 'node:timers/promises'
import { openConnection } from '../../src/client/connection.ts'
import type { Dial, TransportListener } from '../../src/client/transport.ts'
import { END, OK } from './scripted.ts'

/** @param answer returns the lines that come behind a line, in one piece; undefined for what a server without a past would say */
export function openFake(answer: (line: string) => readonly object[] | undefined = () => undefined) {
  const sent: string[] = []
  let listener: TransportListener | undefined
  const fake = {
    sent,
    isPaused: false,
    /** Has lines come in one piece. Resolves when the library has done with them what it does at once. */
    write(...lines: readonly object[]) {
      listener?.received(lines.map((line) => JSON.stringify(line)).join('\n'))
      return setImmediate()
    },
    cut: () => listener?.closed(),
    dial: ((newListener) => {
      listener = newListener
      queueMicrotask(listener.opened)
      const send = (line: string) => {
        sent.push(line)
        const lines = answer(line) ?? usual(line)
        if (lines.length > 0) queueMicrotask(() => fake.write(...lines))
      }
      const pause = (on: boolean) => {
        fake.isPaused = on
      }
      return { send, close() {}, pause }
    }) satisfies Dial,
  }
  return fake
}

function usual(line: string): readonly object[] {
  const [, room] = /^JOIN (.*)/.exec(line) ?? []
  if (room) return [{ ...OK, result: `Joined room ${room}` }]
  return line.endsWith('end=yes') ? [{ ...OK, result: null }, END] : [OK]
}

/** A connection that is open, whose lines get no answer but those that the test writes. */
export async function openSilent(heard?: () => void) {
  const fake = openFake(() => [])
  const connection = openConnection(fake.dial, { ...(heard && { heard }) })
  await setImmediate()
  return { ...fake, connection, fake }
}
