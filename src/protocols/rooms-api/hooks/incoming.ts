import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../../chat/refusal.ts'
import type { HttpServices } from '../../../transport/http/routes.ts'
import { isObject } from '../../json.ts'
import { decodedText } from '../body.ts'
import type { Writer } from '../caller.ts'
import type { RoomsApiContext } from '../context.ts'
import type { Pacer } from '../pacer.ts'
import { Problem } from '../problems.ts'
import { keyOf, nonceAt } from '../sayings.ts'
import { hookMessageOf } from './hook-message.ts'
import { isDeeper, type Payload } from './payload.ts'

/** Maximum bytes of a payload; those of forges list files. */
const MAX_PAYLOAD_BYTES = 1_048_576
/** Maximum levels of a payload's objects and lists: they are read by functions that call themselves. */
const MAX_LEVELS = 64

interface HookCall {
  readonly caller: Writer
  readonly room: string
}

/** Adds `POST /hooks/<token>`, which says the payloads of other programs in the room of the token (docs/protocols/rooms-api.md, section 2.7). */
export function addIncomingHooks(
  app: FastifyInstance,
  context: RoomsApiContext,
  { requests }: Pick<HttpServices, 'requests'>,
  pacer: Pacer,
): void {
  const { chat, maxText } = context
  const calls = new WeakMap<FastifyRequest, HookCall>()

  /** Identifies the sender before the body is read. */
  const identify = async (request: FastifyRequest<{ Params: { token: string } }>) => {
    const used = await chat.tokens.use(request.params.token)
    if (!used) throw new Problem(401, 'unauthorized', 'The token is invalid, revoked, or has ended')
    const { proof, scope } = used
    const [room, ...others] = scope.rooms ?? []
    if (room === undefined || others.length > 0 || !scope.rights.includes('write')) throw new Refusal('token-scope')
    const author = await chat.authors.identify(proof, requests.askerOf(request), 'rooms-api')
    pacer.check(author)
    const common = { address: requests.addressOf(request), password: undefined }
    calls.set(request, { caller: { ...common, identity: author, name: author.name, proof, author }, room })
  }

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_PAYLOAD_BYTES }, (_, body, done) =>
      done(null, body),
    )
    scope.setErrorHandler((error: Error & { readonly code?: unknown }) => {
      throw error.code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? tooLarge() : error
    })
    const options = { bodyLimit: MAX_PAYLOAD_BYTES, onRequest: identify }
    scope.post<{ Params: { token: string } }>('/hooks/:token', options, async (request, reply) => {
      const { caller, room } = calls.get(request) ?? unidentified()
      const { source, text } = hookMessageOf(payloadOf(request), request.headers, maxText)
      // What another webhook of roomd has sent is not said: it could come back for ever.
      if (text !== undefined && request.headers['x-roomd-hook'] === undefined) {
        pacer.count(caller.author, pacer.paceOf(request, caller.author), 1)
        const place = await context.authorization.enter(caller, room)
        await Promise.all(chat.posting.say(place, [{ text, ...nonceOf(request) }]))
      }
      if (source === 'discord') return reply.code(204).send()
      return reply.type('text/plain; charset=utf-8').send('ok')
    })
  })
}

/** Returns the nonce of a delivery that its sender can repeat. */
function nonceOf(request: FastifyRequest): { readonly nonce?: string } {
  const delivery = request.headers['x-github-delivery']
  const key = keyOf(request) ?? (typeof delivery === 'string' && /^[\w-]{1,64}$/.test(delivery) ? delivery : undefined)
  return key === undefined ? {} : { nonce: nonceAt(key, 1) }
}

/** Returns the payload of a webhook: JSON, also labelled as a form or in its field `payload`, or a text. @throws {Problem} 400 */
function payloadOf({ body, bodyType }: FastifyRequest): Payload | string {
  const text = decodedText(body)
  if (bodyType === 'text/plain') return text
  if (bodyType !== 'application/x-www-form-urlencoded') return jsonIn(text, /json$/.test(bodyType))
  const payload = new URLSearchParams(text).get('payload')
  if (payload !== null) return jsonIn(payload, true)
  // curl labels JSON as a form, too; a number, for instance, is a text as it stands.
  return /^\s*[{"]/.test(text) ? jsonIn(text, false) : text
}

function jsonIn(text: string, mustBeJson: boolean): Payload | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    if (mustBeJson) throw new Problem(400, 'invalid-request', 'The payload is not JSON')
    return text
  }
  if (isDeeper(value, MAX_LEVELS)) {
    throw new Problem(400, 'invalid-request', `Objects and lists are nested deeper than ${MAX_LEVELS} levels`)
  }
  return isObject(value) ? value : typeof value === 'string' ? value : JSON.stringify(value)
}

function tooLarge(): Problem {
  return new Problem(413, 'body-too-large', `At most ${MAX_PAYLOAD_BYTES} bytes`)
}

function unidentified(): never {
  throw new Error('unreachable: the request was identified')
}
