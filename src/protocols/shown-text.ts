import type { Event } from '../engine/event.ts'

/** Returns the text of a message for protocols without actions: `* ann waves` for an action. */
export function shownText({ from, body, details }: Pick<Event, 'from' | 'body' | 'details'>): string {
  return details?.action ? `* ${from} ${body}` : body
}
