import type { RoomRecord } from '../../engine/engine.ts'
import { escapeHtml } from '../escape.ts'

/** The rooms as a piece of HTML. */
export function listOf(rooms: readonly RoomRecord[]): string {
  const items = rooms.map(({ id, title }) => `<li><a href="/chats/${id}">${escapeHtml(title)}</a></li>\n`)
  return `<ul>\n${items.join('')}</ul>\n`
}
