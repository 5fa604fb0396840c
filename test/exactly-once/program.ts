/**
 * What the programs of {@link NumberedSender} share: they say lines until their standard input ends, print the number of each that is
 * acknowledged, in order, and end with status 0 when all are. A program that gives up ends with another status, and is started again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Sending, textOf } from './sending.ts'

/** Time after which a request that failed is repeated. */
export const AGAIN_MS = 100
/** Lines at once, and the time behind them: troubles are to find lines on their way, while processors have little to do. */
export const AT_ONCE = 4
export const PAUSE_MS = 25

export const sending: Sending = JSON.parse(process.argv[2] ?? '')

let ending = false
process.stdin.on('end', () => (ending = true)).resume()

/** Returns true when no line is to be begun any more. */
export function isEnding(): boolean {
  return ending
}

/** Returns the texts of `count` lines. */
export function texts(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, place) => textOf(sending.nickname, first + place))
}

/** Prints the numbers of lines that are acknowledged, but those that an earlier process has printed. */
export function acknowledge(first: number, count = 1): void {
  const numbers = Array.from({ length: count }, (_, place) => first + place)
  process.stdout.write(numbers.map((number) => (number < sending.from ? '' : `${number}\n`)).join(''))
}

/** Posts a body to the room under a key, until it is there. Resolves with the answer. */
export async function posted(key: string, query: string, init: () => RequestInit): Promise<unknown> {
  const { ports, room, nickname } = sending
  const url = `http://127.0.0.1:${ports.http}/rooms/${room}/messages?as=${nickname}${query}`
  for (;;) {
    const { headers, ...rest } = init()
    try {
      const asked = {
        method: 'POST',
        headers: { 'Idempotency-Key': key, ...headers },
        duplex: 'half',
        ...rest,
      } as const
      const answer = await fetch(url, asked)
      const text = await answer.text()
      if (answer.status === 201) return JSON.parse(text)
      if (answer.status !== 503) throw new Error(`${answer.status} ${text}`)
    } catch (error) {
      // How fetch tells that there was no whole answer.
      if (!(error instanceof TypeError)) throw error
    }
    await sleep(AGAIN_MS)
  }
}
