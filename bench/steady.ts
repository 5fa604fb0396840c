import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'
import { type Dialect, LINE } from './dialect.ts'
import { payload } from './marks.ts'

/** Has a client say numbered lines at so many a second, whatever becomes of them; notes in `sent` when each has left. */
export async function speakSteadily(
  speaker: Client,
  rate: number,
  messages: number,
  sent: number[],
  { say }: Dialect = LINE,
): Promise<void> {
  const started = performance.now()
  while (sent.length < messages) {
    const early = started + (sent.length / rate) * 1_000 - performance.now()
    if (early > 0) {
      await sleep(early)
      continue
    }
    const text = say(payload(sent.length), 0)
    sent.push(performance.now())
    speaker.send(text)
  }
}
