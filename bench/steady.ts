import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, quiet, within } from './client.ts'
import { numbersIn, payload } from './marks.ts'
import { quantile } from './scenario.ts'

/** Messages a second. */
export const RATE = 200

/** Times from sending to hearing, in ms, and how many deliveries did not come. */
export type Times = Awaited<ReturnType<typeof speakSteadily>>

/** Has a client say messages at a steady rate, whatever becomes of them, and times each to every listener. */
export async function speakSteadily(speaker: Client, listeners: readonly Client[], messages: number) {
  const sent: number[] = []
  const times: number[] = []
  for (const listener of listeners) {
    listener.heard = (chunk) => {
      const now = performance.now()
      numbersIn(chunk, (number) => times.push(now - (sent[number] ?? Number.NaN)))
    }
  }
  const started = performance.now()
  const speak = async () => {
    while (sent.length < messages) {
      const early = started + (sent.length / RATE) * 1_000 - performance.now()
      if (early > 0) {
        await sleep(early)
        continue
      }
      const text = speaker.dialect.say(payload(sent.length), 0)
      sent.push(performance.now())
      speaker.send(text)
    }
  }
  await within(120_000, 'speaking', speak())
  await quiet()
  const [p50 = 0, p99 = 0, max = 0] = [0.5, 0.99, 1].map((q) => quantile(times, q))
  return { p50, p99, max, missing: listeners.length * messages - times.length }
}
