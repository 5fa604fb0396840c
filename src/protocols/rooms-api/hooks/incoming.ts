import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../../../chat/refusal.ts'
import { isObject } from '../../json.ts'
import { decodedText } from '../body.ts'
import type { Writer } from '../caller.ts'
import type { RoomsApiContext } from '../context.ts'
import { Problem } from '../problems.ts'
import { keyOf, nonceAt } from '../sayings.ts'
import { payloadFieldIn } from './form-field.ts'
import { hookMessageOf } from './hook-message.ts'
import { excessOf } from './json-cost.ts'
import type { Payload } from './payload.ts'

/** Maximum bytes of a payload; those of forges list files. */
const MAX_PAYLOAD_BYTES = 1_048_576
/** Bytes of a payload that count as one message for the rate; most of those of forges have less. */
const PACED_BYTES = 32_768

const NO_FIELD =
  'multipart/form-data has the payload in a field payload or payload_json; other types are application/json, application/x-www-form-urlencoded and text/plain'

interface HookPath {
  Params: { token: string }
  /** `wait` is Discord's: the sender reads the message in the reply. */
  Querystring: { wait?: unknown }
}

interface HookCall {
  readonly caller: Writer
  readonly room: string
}

/** Adds `POST /hooks/<token>`, which says the payloads of other programs in the room of the token (docs/protocols/rooms-api.md, section 2.7). */
export function addIncomingHooks(app: FastifyInstance, context: RoomsApiContext): void {
  const { chat, pacer, requests } = context
  const calls = new WeakMap<FastifyRequest, HookCall>()

  /** Identifies the sender before the body is read. */
  const identify = async (request: FastifyRequest<HookPath>) => {
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
    scope.post<HookPath>('/hooks/:token', options, async (request, reply) => {
      const { caller, room } = calls.get(request) ?? unidentified()
      const size = Buffer.isBuffer(request.body) ? Math.ceil(request.body.length / PACED_BYTES) : 1
      pacer.count(caller.author, pacer.paceOf(request, caller.author), Math.max(1, size))
      // Each step may take some milliseconds.
      const turn = () => chat.workTurns.next({ address: caller.address, closed: false })
      await turn()
      const written = writtenIn(request)
      await turn()
      const payload = payloadOf(written)
      await turn()
      const { source, text } = hookMessageOf(payload, request.headers, chat.maxText)
      // What another webhook of roomd has sent is not said: it could come back for ever.
      if (text !== undefined && request.headers['x-roomd-hook'] === undefined) {
        const place = await context.authorization.enter(caller, room)
        const [event] = await Promise.all(chat.posting.say(place, [{ text, ...nonceOf(request) }]))
        if (source === 'discord' && event && /^true$/i.test(String(request.query.wait)))
          return reply.send({ id: String(event.id), type: 0, content: event.body, attachments: [], embeds: [] })
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

/** The text of a payload. */
interface Written {
  readonly text: string
  /** Tells whether a text that is no JSON is refused, or said as it is. */
  readonly format: 'text' | 'json' | 'json or text'
}

/** Returns the text of a payload: the body, or its field `payload`. @throws {Problem} 400, also for one that would take too long to parse; 415 */
function writtenIn(request: FastifyRequest): Written {
  const written = decoded(request)
  const excess = written.format !== 'text' && /^\s*[{[]/.test(written.text) ? excessOf(written.text) : undefined
  if (excess !== undefined) throw new Problem(400, 'invalid-request', excess)
  return written
}

/** JSON may also be labelled as a form. @throws {Problem} 400, 415 */
function decoded({ body, bodyType, contentType }: FastifyRequest): Written {
  if (bodyType === 'multipart/form-data') {
    const field = Buffer.isBuffer(body) ? payloadFieldIn(body, contentType) : undefined
    if (!field) throw new Problem(415, 'invalid-request', NO_FIELD)
    return { text: decodedText(field), format: 'json' }
  }
  const text = decodedText(body)
  if (bodyType === 'text/plain') return { text, format: 'text' }
  if (bodyType !== 'application/x-www-form-urlencoded')
    return { text, format: /json$/.test(bodyType) ? 'json' : 'json or text' }
  // Of a million fields the others are not decoded.
  const [field] = /(?<=^|&)payload=[^&]*/.exec(text) ?? []
  if (field !== undefined) return { text: new URLSearchParams(field).get('payload') ?? '', format: 'json' }
  // curl labels JSON as a form, too; a number, for instance, is a text as it stands.
  return { text, format: /^\s*[{"]/.test(text) ? 'json or text' : 'text' }
}

/** @throws {Problem} 400 */
function payloadOf({ text, format }: Written): Payload | string {
  if (format === 'text') return text
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    if (format === 'json') throw new Problem(400, 'invalid-request', 'The payload is not JSON')
    return text
  }
  return isObject(value) ? value : typeof value === 'string' ? value : JSON.stringify(value)
}

function tooLarge(): Problem {
  return new Problem(413, 'body-too-large', `At most ${MAX_PAYLOAD_BYTES} bytes`)
}

function unidentified(): never {
  throw new Error('unreachable: the request was identified')
}
