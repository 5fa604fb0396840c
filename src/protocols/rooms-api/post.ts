import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RENEW_MS } from '../../chat/posting.ts'
import type { Saying } from '../../chat/speech.ts'
import { clean } from '../../chat/text.ts'
import type { Event } from '../../engine/event.ts'
import { isText, jsonOf, textOf } from './body.ts'
import type { Writer } from './caller.ts'
import type { RoomPath, RoomsApiContext } from './context.ts'
import { apiEvent } from './event.ts'
import { InputLines } from './input-lines.ts'
import { apiProblemOf, Problem } from './problems.ts'
import { checkSame, keyed, keyOf, nonceAt, once, sayingOf, wholeText } from './sayings.ts'
import { API_MESSAGES, MAX_TOGETHER, POST_PARAMETERS } from './schemas.ts'
import { isGone, LineUpload } from './upload.ts'
import { checked, checkedQuery } from './validation.ts'

/** Adds the requests that say something in a room (docs/protocols/rooms-api.md, section 2.2). */
export function addPosting(app: FastifyInstance, context: RoomsApiContext): void {
  const route = new PostRoute(context)
  app.route<RoomPath>({
    // curl -T sends PUT.
    method: ['POST', 'PUT'],
    url: '/rooms/:room/messages',
    config: { guests: true },
    handler: (request, reply) => route.handle(request, reply),
  })
}

/** A request that has been authorized. */
interface PostRequest {
  readonly request: FastifyRequest<RoomPath>
  readonly caller: Writer
  readonly key: string | undefined
}

/** The events of messages, and the slug of their room. */
interface Said {
  readonly events: readonly Event[]
  readonly slug: string
}

const NOTHING_SAID = { events: [] } as const

class PostRoute {
  readonly #context: RoomsApiContext

  constructor(context: RoomsApiContext) {
    this.#context = context
  }

  async handle(request: FastifyRequest<RoomPath>, reply: FastifyReply): Promise<FastifyReply> {
    const caller = await this.#context.authorization.authorize(request, 'write')
    const { split } = await checkedQuery(POST_PARAMETERS, request.query)
    this.#context.pacer.check(caller.author)
    const post = { request, caller, key: keyOf(request) }
    reply.code(201)
    if (split === 'lines') return this.#sayLines(post, reply)
    const isJson = !isText(request.bodyType)
    const body = isJson ? await this.#readJson(request) : { text: wholeText(textOf(request)) }
    const sayings = Array.isArray(body) ? body.map(sayingOf) : [sayingOf(body)]
    const { events, slug } = await this.#say(post, keyed(sayings, post.key))
    const shown = events.map((event) => apiEvent(event, slug))
    return reply.send(Array.isArray(body) ? shown : shown[0])
  }

  async #readJson(request: FastifyRequest) {
    const body = jsonOf(request)
    if (Array.isArray(body) && body.length > MAX_TOGETHER) {
      throw new Problem(413, 'body-too-large', `At most ${MAX_TOGETHER} messages; ?split=lines takes more`)
    }
    return checked(API_MESSAGES, body, 'The body')
  }

  /** Says messages, all of them or none. */
  async #say({ request, caller, key }: PostRequest, sayings: readonly Saying[]): Promise<Said> {
    const { chat, pacer, authorization } = this.#context
    const { keyedRequests, posting } = chat
    const { author } = caller
    pacer.count(author, pacer.paceOf(request, author), sayings.length)
    if (key !== undefined) for (const { text } of sayings) posting.checkText(text)
    const entered = await authorization.enter(caller, request.params.room)
    const say = () => Promise.all(posting.say(entered, sayings))
    const { id, slug } = entered.room.record
    const events =
      key === undefined
        ? await say()
        : await once(keyedRequests, { author, place: id, key, request: JSON.stringify(sayings) }, say)
    for (const [index, event] of events.entries()) {
      const saying = sayings[index]
      if (saying?.nonce !== undefined) checkSame(event, saying)
    }
    return { events, slug }
  }

  async #sayLines(post: PostRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { request, key } = post
    const { body } = request
    if (!isText(request.bodyType)) textOf(request)
    if (body instanceof Readable) return this.#upload(post, body, reply)
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
    const input = new InputLines(this.#context.chat.maxText)
    const lines = [...input.take(bytes), ...input.rest()]
    if (lines.length > MAX_TOGETHER) return this.#upload(post, Readable.from([bytes]), reply)
    const sayings = lines.flatMap((line, place) => this.#lineAt(line, place + 1, key))
    const { events } = sayings.length === 0 ? NOTHING_SAID : await this.#say(post, sayings)
    const [first, last] = [events[0], events.at(-1)].map((event) => event && String(event.id))
    return reply.send({ messages: events.length, ...(first && last && { first, last }) })
  }

  /** Returns a line of a body as it is said; none for an empty one. @throws {Problem} with the number of the line */
  #lineAt(line: string | Problem, number: number, key: string | undefined): Saying[] {
    try {
      if (line instanceof Problem) throw line
      if (clean(line) === '') return []
      this.#context.chat.posting.checkText(line)
      return [{ text: line, ...(key !== undefined && { nonce: nonceAt(key, number) }) }]
    } catch (error) {
      throw apiProblemOf(error)?.with({ line: number }) ?? error
    }
  }

  /** Says lines as they come. */
  async #upload({ request, caller, key }: PostRequest, body: Readable, reply: FastifyReply): Promise<FastifyReply> {
    const { chat, pacer, authorization, requests } = this.#context
    const { author } = caller
    let place = await authorization.enter(caller, request.params.room)
    let renewAt = performance.now() + RENEW_MS
    const pace = pacer.paceOf(request, author)
    const upload = new LineUpload({
      maxText: chat.maxText,
      key,
      ready: async () => {
        const isDue = performance.now() >= renewAt
        if (isDue) await authorization.renew(request, caller)
        if (isDue || !place.room.isHeld) place = await chat.posting.renew(place)
        if (isDue) renewAt = performance.now() + RENEW_MS
      },
      say: (saying) => {
        const [said] = chat.posting.say(place, [saying])
        return said ?? Promise.reject(new Error('one message has one promise'))
      },
      paceMs: () => {
        const waitMs = pacer.waitOf(author)
        pacer.count(author, pace, 1)
        return waitMs
      },
    })
    requests.letLast(request, () => upload.stop())
    request.socket.once('close', () => upload.stop())
    if (request.socket.destroyed) upload.stop()
    // Behind a response that comes before the end of the body there is no further request.
    reply.header('Connection', 'close')
    try {
      return reply.send(await upload.take(body))
    } catch (error) {
      if (!isGone(request.raw)) throw error
      return reply.hijack()
    }
  }
}
