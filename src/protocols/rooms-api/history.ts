import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { Range } from '../../engine/engine.ts'
import type { Event } from '../../engine/event.ts'
import type { RoomPath, RoomsApiContext } from './context.ts'
import { eventJson, pastText } from './event.ts'
import { Problem } from './problems.ts'
import { HISTORY_PARAMETERS, type HistoryParameters, INBOX_PARAMETERS } from './schemas.ts'
import { checkedQuery, timeMeant } from './validation.ts'

const TYPES = ['application/json', 'application/x-ndjson', 'text/plain'] as const
type HistoryType = (typeof TYPES)[number]

type Pages = AsyncIterable<Event[]>

interface Page {
  readonly pages: Pages
  /** The slug of the room; undefined for an inbox. */
  readonly slug: string | undefined
  /** Id before which older events may be; undefined if there are none. */
  readonly before: number | undefined
}

/** Adds the requests for past events (docs/protocols/rooms-api.md, section 2.3). */
export function addReading(app: FastifyInstance, context: RoomsApiContext): void {
  const { chat, requests } = context

  app.get<RoomPath>('/rooms/:room/messages', async (request, reply) => {
    const caller = await context.authorization.authorize(request, 'read')
    const query = await checkedQuery(HISTORY_PARAMETERS, request.query)
    const room = await context.authorization.readableRoom(caller, request.params.room)
    const by = { asker: requests.askerOf(request), name: caller.name }
    const { after, from, to, kinds, q } = query
    const range = rangeOf(query)
    if (q !== undefined) {
      if ([after, from, to, kinds].some((value) => value !== undefined))
        throw new Problem(400, 'invalid-request', 'q goes with limit and before only')
      const { events, before } = await chat.reading.withWords(by, room, { words: q, ...range })
      return send(request, reply, { pages: only(events), slug: room.slug, before })
    }
    const wanted = kinds === undefined ? undefined : new Set<string>(kinds.split(','))
    const found = await chat.reading.search(by, room, range, wanted && (({ kind }) => wanted.has(kind)))
    const { first, pages } = await begun(found.pages)
    const hasMore = async (before: number) =>
      wanted !== undefined || (await chat.reading.hasAny(by, room, { ...range, before }))
    const before = found.before ?? (first !== undefined && (await hasMore(first.id)) ? first.id : undefined)
    return send(request, reply, { pages, slug: room.slug, before })
  })

  app.get('/inbox', async (request, reply) => {
    const { author } = await context.authorization.authorize(request, 'read')
    if (!author) throw new Problem(401, 'unauthorized', 'Authorize with a token or password')
    const query = await checkedQuery(INBOX_PARAMETERS, request.query)
    const found = await chat.reading.inbox(author, rangeOf(query))
    const { first, pages } = await begun(found.pages)
    return send(request, reply, { pages, slug: undefined, before: found.before ?? first?.id })
  })
}

function rangeOf({ limit = 100, before, after, from, to }: HistoryParameters): Range & { readonly limit: number } {
  return {
    limit,
    ...(before !== undefined && { before: Number(before) }),
    // Behind 0 is the whole log, whatever has been removed from it.
    ...(after !== undefined && Number(after) > 0 && { after: Number(after) }),
    ...(from !== undefined && { from: timeMeant(from, 'Parameter from is not a time') }),
    ...(to !== undefined && { to: timeMeant(to, 'Parameter to is not a time') }),
  }
}

/** Resolves with the first event of pages, and with all pages; what the first page throws is thrown here. */
async function begun(pages: Pages): Promise<{ readonly first: Event | undefined; readonly pages: Pages }> {
  const rest = pages[Symbol.asyncIterator]()
  let page = await rest.next()
  while (!page.done && page.value.length === 0) page = await rest.next()
  if (page.done) return { first: undefined, pages: only([]) }
  const events = page.value
  const all = async function* () {
    yield events
    yield* { [Symbol.asyncIterator]: () => rest }
  }
  return { first: events[0], pages: all() }
}

async function* only(events: readonly Event[]): AsyncGenerator<Event[]> {
  yield [...events]
}

function send(request: FastifyRequest, reply: FastifyReply, { pages, slug, before }: Page): FastifyReply {
  const { headers, query, url } = request
  if (before !== undefined) {
    const next = new URLSearchParams({ ...(query as Record<string, string>), before: String(before) })
    reply.header('Link', `<${url.split('?', 1)[0]}?${next}>; rel="next"`)
  }
  reply.header('Vary', 'Accept')
  const type = (new Negotiator({ headers }).mediaType([...TYPES]) ?? 'application/json') as HistoryType
  reply.type(`${type}; charset=utf-8`)
  return reply.send(Readable.from(encoded(pages, slug, type), { objectMode: false }))
}

/** Yields a page of events at a time as text; the next one is read when the client has taken it. */
async function* encoded(pages: Pages, slug: string | undefined, type: HistoryType): AsyncGenerator<string> {
  const isJson = type === 'application/json'
  let separator = isJson ? '[' : ''
  const textOf = (page: Event[]) => {
    let text = ''
    for (const event of page.splice(0)) {
      const one = type === 'text/plain' ? pastText(event, slug) : eventJson(event, slug)
      if (one === '') continue
      text += separator + one
      if (isJson) separator = ',\n'
      else if (type === 'application/x-ndjson') text += '\n'
    }
    return text
  }
  for await (const page of pages) {
    const text = textOf(page)
    if (text !== '') yield text
  }
  if (isJson) yield separator === '[' ? '[]\n' : ']\n'
}
