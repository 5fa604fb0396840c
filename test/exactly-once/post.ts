/** Says numbered lines by requests of the rooms API, some in each, which are repeated under their key. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { AT_ONCE, acknowledge, isEnding, PAUSE_MS, posted, sending, texts } from './program.ts'

for (let first = sending.from - (sending.from % AT_ONCE); !isEnding(); first += AT_ONCE) {
  const said = texts(first, AT_ONCE)
  const body = JSON.stringify(said.map((text) => ({ text })))
  const headers = { 'Content-Type': 'application/json' }
  const events = (await posted(`line.${first}`, '', () => ({ body, headers }))) as readonly { readonly body: string }[]
  const bodies = events.map((event) => event.body)
  if (!isDeepStrictEqual(bodies, said)) throw new Error(`${bodies} in place of ${said}`)
  acknowledge(first, AT_ONCE)
  await sleep(PAUSE_MS)
}
