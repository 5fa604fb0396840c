import type { FastifyRequest } from 'fastify'
import type { KeyedRequest, KeyedRequests } from '../../chat/keyed-requests.ts'
import type { Saying } from '../../chat/speech.ts'
import { clean } from '../../chat/text.ts'
import type { Event } from '../../engine/event.ts'
import { Problem } from './problems.ts'
import type { ApiMessage } from './schemas.ts'

/** Returns a message of a JSON body as it is said. @throws {Problem} 400 */
export function sayingOf({ text, action, notice, nonce }: ApiMessage): Saying {
  if (action && notice) throw new Problem(400, 'invalid-request', 'A message is an action or a notice, not both')
  const details = action ? ({ action: true } as const) : notice ? ({ notice: true } as const) : undefined
  return { text, nonce, details }
}

/** Returns the text of a body that is one message: the line end behind it does not belong to it. */
export function wholeText(text: string): string {
  return text.replace(/\r?\n$/, '')
}

/** Returns messages with nonces of their own, which are derived from the key of their request. */
export function keyed(sayings: readonly Saying[], key: string | undefined): readonly Saying[] {
  if (key === undefined) return sayings
  return sayings.map((saying, place) => ({ ...saying, nonce: nonceAt(key, place + 1) }))
}

/** Returns the nonce of the message of a request with a key that stands at a place, from 1 on. No nonce of a single message has a number sign. */
export function nonceAt(key: string, place: number): string {
  return `${key}#${place}`
}

/** Checks that the event of a nonce is that of the message, and not that of an earlier one. @throws {Problem} 422 */
export function checkSame({ body, details }: Event, saying: Saying): void {
  const isSame = body === clean(saying.text) && details?.action === saying.details?.action
  if (!isSame || details?.notice !== saying.details?.notice) throw keyReused()
}

/** Does a request once, see `KeyedRequests.once`. @throws {Problem} 422 @throws Refusal `unavailable`, and what `act` refuses */
export async function once<T>(requests: KeyedRequests, request: KeyedRequest, act: () => Promise<T>): Promise<T> {
  const done = await requests.once(request, act)
  if (!done) throw keyReused()
  return done.result
}

function keyReused(): Problem {
  return new Problem(422, 'key-reused', 'An earlier request with this key had another body')
}

/** Returns the key of a request, after which it is done once. @throws {Problem} 400 */
export function keyOf({ headers }: FastifyRequest): string | undefined {
  const { 'idempotency-key': key } = headers
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[!-~]{1,255}$/.test(key)) {
    throw new Problem(400, 'invalid-request', 'Idempotency-Key has 1 to 255 visible ASCII characters')
  }
  return key
}
