/** Says numbered lines by uploads to the rooms API: each a body of unknown length, which is repeated from its first line under its key. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AT_ONCE, acknowledge, isEnding, PAUSE_MS, posted, sending, texts } from './program.ts'

/** Lines of an upload. */
const TOGETHER = 48

async function* chunks(first: number) {
  for (let number = first; number < first + TOGETHER; number += AT_ONCE) {
    yield new TextEncoder().encode(`${texts(number, AT_ONCE).join('\n')}\n`)
    await sleep(PAUSE_MS)
  }
}

for (let first = sending.from - (sending.from % TOGETHER); !isEnding(); first += TOGETHER) {
  const answer = await posted(`lines.${first}`, '&split=lines', () => ({ body: ReadableStream.from(chunks(first)) }))
  const { messages } = answer as { readonly messages: number }
  if (messages !== TOGETHER) throw new Error(`${messages} messages in place of ${TOGETHER}`)
  acknowledge(first, TOGETHER)
}
