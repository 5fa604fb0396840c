import type { RoomEvent } from '../../../commands/replies.ts'
import { escapeAll, UNSAFE } from '../../escape.ts'
import { eventSpans, localTime } from '../event-text.ts'
import { painted } from '../styles.ts'

/** Returns an event as a line of output, or as several, with the line feed at the end. */
export type TailFormat = (event: RoomEvent) => string

/** Formats an event as JSON, as the server tells it. */
export function jsonFormat(event: RoomEvent): string {
  return `${escapeAll(JSON.stringify(event), UNSAFE)}\n`
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
