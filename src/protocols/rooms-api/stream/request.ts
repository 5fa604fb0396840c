import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { Since } from '../../../chat/feeds.ts'
import { fold } from '../../../chat/names.ts'
import { Problem } from '../problems.ts'
import { timeMeant } from '../validation.ts'
import { FORMAT_NAMES, type FormatName } from './formats.ts'

/** Types of the `Accept` header, the default first; JSON is a line for each event. */
const ACCEPTED = [...FORMAT_NAMES, 'application/json'] as const

/** The beginning of a log by the slug of its room. */
type SinceOf = (slug?: string) => Since

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

/** Returns the format that the `Accept` header prefers (RFC 9110, 12.5.1); `text/plain` if it accepts none. */
export function formatOf({ headers }: FastifyRequest): FormatName {
  const type = new Negotiator({ headers }).mediaType([...ACCEPTED]) as (typeof ACCEPTED)[number] | undefined
  return type === 'application/json' ? 'application/x-ndjson' : (type ?? 'text/plain')
}

/**
 * Returns the beginning of each log of a stream: by the header `Last-Event-ID`, with which a client of server-sent events resumes, or by
 * the parameter `since`. A log is named by the slug of its room, one of `slugs`; the inbox has none.
 *
 * @throws {Problem} 400
 */
export function sinceOf({ headers }: FastifyRequest, parameter: string | undefined, slugs: readonly string[]): SinceOf {
  const { 'last-event-id': lastId = '' } = headers
  const since = lastId === '' ? parameter : String(lastId)
  if (since === undefined) return () => 'now'
  // Behind 0 is the whole log, whatever has been removed from it.
  if (since === 'all' || since === '0') return () => 'all'
  if (BARE_ID.test(since)) {
    if (slugs.length > 1) throw invalid('Ids are per room: since=a=1,b=2')
    return () => ({ id: idOf(since) })
  }
  if (since.includes('=')) return placesOf(since, slugs)
  const time = timeMeant(since, `${lastId === '' ? 'since' : 'Last-Event-ID'} is neither an id nor a time`)
  return () => ({ time })
}

function placesOf(list: string, slugs: readonly string[]): SinceOf {
  const names = new Set(slugs.map(fold))
  const places = new Map<string, number>()
  for (const place of list.split(',')) {
    const [, slug, id] = PLACE.exec(place) ?? []
    if (slug === undefined || id === undefined) throw invalid('An id of several rooms is a=1,b=2')
    // It would begin with its next event: after a mistake, or under another name of the room, with a hole.
    if (!names.has(fold(slug))) throw invalid(`The stream has no room ${slug.slice(0, 64)}`)
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

function invalid(detail: string): Problem {
  return new Problem(400, 'invalid-request', detail)
}
