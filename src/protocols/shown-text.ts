import type { Event } from '../engine/event.ts'

/** Returns the text of a message for protocols without actions: `* ann waves` for an action. */
export function shownText({ from, body, details }: Pick<Event, 'from' | 'body' | 'details'>): string {
  return details?.action ? `* ${from} ${body}` : body
}

/**
 * Indents each line but the first by two spaces. Clients show a message after its sender's name, so that an unindented line could
 * look like a message of another sender (spoofing).
 */
export function indentLines(text: string): string {
  return text.replaceAll('\n', '\n  ')
}
