import type { RoomRecord } from '../../engine/engine.ts'
import { escapeHtml } from '../escape.ts'

/** The rooms as a piece of HTML. */
export function listOf(rooms: readonly RoomRecord[]): string {
  const items = rooms.map(({ id, title }) => `<li><a href="/chats/${id}">${escapeHtml(title)}</a></li>\n`)
  return `<ul>\n${items.join('')}</ul>\n`
}

/** Whether a client takes JSON at least as gladly as HTML (RFC 9110, 12.5.1). */
export function wantsJson(accept: string = '*/*'): boolean {
  const json = qualityOf(accept, 'application/json')
  return json > 0 && json >= qualityOf(accept, 'text/html')
}

function qualityOf(accept: string, type: string): number {
  const ranges = new Map(
    accept.split(',').map((range) => {
      const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
      const q = parameters.find((parameter) => parameter.startsWith('q='))
      return [name, q === undefined ? 1 : Number(q.slice(2)) || 0]
    }),
  )
  return ranges.get(type) ?? ranges.get(`${type.split('/')[0]}/*`) ?? ranges.get('*/*') ?? 0
}
