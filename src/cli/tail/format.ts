import type { RoomEvent } from '../../../commands/replies.ts'
import { eventSpans, localTime } from '../event-text.ts'
import { painted } from '../styles.ts'

/** Returns an event as a line of output, or as several, with the line feed at the end. */
export type TailFormat = (event: RoomEvent) => string

/** Characters that JSON leaves as they are, and a terminal does not. */
const UNSAFE = /[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Formats an event as JSON, as the server tells it. */
export function jsonFormat(event: RoomEvent): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(event).replace(UNSAFE, escaped)}\n`
}

export interface TextOptions {
  readonly colours: boolean
  /** True where several rooms are followed. */
  readonly withRoom: boolean
  /** True for a person at a terminal: dates stand on lines of their own. */
  readonly withDays: boolean
}

/** Returns the format for people: local time, nickname, text; further lines of a text are indented. */
export function textFormat({ colours, withRoom, withDays }: TextOptions): TailFormat {
  let day = ''
  return (event) => {
    const { date, time } = localTime(event.utctimestamp)
    const isNewDay = withDays && date !== day
    day = date
    const room = withRoom ? `${event.room} ` : ''
    const head = `${withDays ? time : `${date} ${time}`} ${room}`
    const spans = [{ text: head, style: 'time' } as const, ...eventSpans(event)]
    const indented = spans.map((span) => ({ ...span, text: span.text.replaceAll('\n', '\n  ') }))
    const line = `${painted(indented, colours)}\n`
    return isNewDay ? `${painted([{ text: `--- ${date}`, style: 'aside' }], colours)}\n${line}` : line
  }
}
