/** Says numbered lines by requests of the rooms API, some in each, which are repeated under their key. */
import { isDeepStrictEqual } from 'node:util'
import { acknowledge, isEnding, posted, sending, texts } from './program.ts'

/** Lines of a request. */
const TOGETHER = 5

for (let first = sending.from - (sending.from % TOGETHER); !isEnding(); first += TOGETHER) {
  const said = texts(first, TOGETHER)
  const body = JSON.stringify(said.map((text) => ({ text })))
  const headers = { 'Content-Type': 'application/json' }
  const events = (await posted(`line.${first}`, '', () => ({ body, headers }))) as readonly { readonly body: string }[]
  const bodies = events.map((event) => event.body)
  if (!isDeepStrictEqual(bodies, said)) throw new Error(`${bodies} in place of ${said}`)
  acknowledge(first, TOGETHER)
}
