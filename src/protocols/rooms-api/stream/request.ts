import type { FastifyRequest } from 'fastify'
import { Mistake } from '../../../../commands/command.ts'
import { parseTime } from '../../../../commands/range.ts'
import type { Since } from '../../../chat/feeds.ts'
import { fold } from '../../../chat/names.ts'
import type { Kind } from '../../../engine/event.ts'
import { EVENT_KINDS } from '../event.ts'
import { Problem } from '../problems.ts'
import { FORMAT_NAMES, type FormatName } from './formats.ts'

/** Maximum rooms of a stream. */
const MAX_ROOMS = 32
const ID = /^\d{1,16}$/
/** Ids are longer than times in seconds since the epoch, except the one before the first event. */
const BARE_ID = /^(0|\d{12,16})$/
/** The place of a room in an id of several rooms. */
const PLACE = /^([^=,]+)=(\d{1,16})$/

/** Returns the rooms of a stream, by their slugs in the path. @throws {Problem} 400 */
export function roomsOf(path: string): readonly string[] {
  const slugs = [...new Map(path.split(',').map((slug) => [fold(slug), slug])).values()]
  if (slugs.length > MAX_ROOMS) throw invalid(`At most ${MAX_ROOMS} rooms`)
  return slugs
}

/** Returns the format with the greatest weight in the `Accept` header (RFC 9110, 12.5.1); `text/plain` if there is none. */
export function formatOf({ headers: { accept = '' } }: FastifyRequest): FormatName {
  let best: FormatName = 'text/plain'
  let most = 0
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const name = type === 'application/json' ? 'application/x-ndjson' : FORMAT_NAMES.find((each) => each === type)
    const weight = Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? 1)
    if (!name || !(weight > most)) continue
    best = name
    most = weight
  }
  return best
}

/** Returns the parameter `kinds`; undefined for all kinds. @throws {Problem} 400 */
export function kindsOf(request: FastifyRequest): ReadonlySet<Kind> | undefined {
  const list = parameterOf(request, 'kinds')
  if (list === undefined) return undefined
  const kinds = list.toLowerCase().split(',')
  const shown = EVENT_KINDS.filter((kind) => kinds.includes(kind))
  const unknown = kinds.find((kind) => !shown.some((each) => each === kind))
  if (unknown !== undefined) throw invalid(`Unknown kind: ${unknown}; there are ${EVENT_KINDS.join(', ')}`)
  return new Set(shown)
}

/**
 * Returns the beginning of each log of a stream: by the header `Last-Event-ID`, with which a client of server-sent events resumes, or by
 * the parameter `since`. The log is named by the slug of its room; the inbox has none.
 *
 * @throws {Problem} 400
 */
export function sinceOf(request: FastifyRequest, slugs: readonly (string | undefined)[]): (slug?: string) => Since {
  const header = request.headers['last-event-id']
  const resumed = typeof header === 'string' && header !== '' ? header : undefined
  const since = resumed ?? parameterOf(request, 'since')
  if (since === undefined) return () => 'now'
  if (since === 'all') return () => 'all'
  if (BARE_ID.test(since)) {
    if (slugs.length > 1) throw invalid('Ids are per room: since=a=1,b=2')
    return () => ({ id: idOf(since) })
  }
  if (since.includes('=')) return placesOf(since)
  try {
    const time = parseTime(since, Date.now())
    return () => ({ time })
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    throw invalid(`${resumed === undefined ? 'since' : 'Last-Event-ID'} is neither an id nor a time`)
  }
}

function placesOf(list: string): (slug?: string) => Since {
  const places = new Map<string, number>()
  for (const place of list.split(',')) {
    const [, slug, id] = PLACE.exec(place) ?? []
    if (slug === undefined || id === undefined) throw invalid('An id of several rooms is a=1,b=2')
    places.set(fold(slug), idOf(id))
  }
  return (slug = '') => {
    const id = places.get(fold(slug))
    return id === undefined ? 'now' : { id }
  }
}

function idOf(text: string): number {
  const id = ID.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(id)) throw invalid('Invalid id')
  return id
}

function parameterOf({ query }: FastifyRequest, name: string): string | undefined {
  const value = (query as Readonly<Record<string, unknown>>)[name]
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`${name} is given twice`)
}

function invalid(detail: string): Problem {
  return new Problem(400, 'invalid-request', detail)
}
