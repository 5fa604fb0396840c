import { type Draft, type Event, type Kind, PER_MS, timeOf } from '../event.ts'

/** An entry of a stream: the id is `milliseconds-counter`; fields and values alternate. */
export type Entry = readonly [id: string, fields: readonly string[]]

export function entryId(id: number): string {
  return `${timeOf(id)}-${id % PER_MS}`
}

export function idOf(entry: string): number {
  const dash = entry.indexOf('-')
  return Number(entry.slice(0, dash)) * PER_MS + Number(entry.slice(dash + 1))
}

/** Returns the fields of an entry. The scripts rely on the positions of the first eight. */
export function fieldsOf({ kind, room, from, to, body, sent, color, verified, details }: Draft): string[] {
  const fields = ['kind', kind, 'room', String(room), 'from', from, 'body', body]
  if (to !== undefined) fields.push('to', to)
  if (sent !== undefined) fields.push('sent', String(sent))
  if (color !== undefined) fields.push('color', color)
  if (verified) fields.push('verified', '1')
  if (details) fields.push('details', JSON.stringify(details))
  return fields
}

export function fieldsOfCommitted(event: Event): string[] {
  const own = event.at === timeOf(event.id) ? [] : ['at', String(event.at)]
  return [...fieldsOf(event), ...own]
}

export function eventOf(id: number, fields: readonly string[]): Event {
  const event: { -readonly [K in keyof Event]: Event[K] } = {
    id,
    at: timeOf(id),
    kind: 'message',
    room: 0,
    from: '',
    body: '',
  }
  for (let place = 0; place < fields.length; place += 2) {
    const name = fields[place]
    const value = fields[place + 1] ?? ''
    switch (name) {
      case 'kind':
        // Only engines write here.
        event.kind = value as Kind
        break
      case 'room':
        event.room = Number(value)
        break
      case 'sent':
        event.sent = Number(value)
        break
      case 'at':
        event.at = Number(value)
        break
      case 'verified':
        event.verified = true
        break
      case 'details':
        event.details = JSON.parse(value)
        break
      case 'from':
      case 'body':
      case 'to':
      case 'color':
        event[name] = value
    }
  }
  return event
}

/** Returns the event in a value of the hash of a room's state (scripts/log.lua). */
export function eventOfState(text: string): Event {
  const [id, fields] = JSON.parse(text) as Entry
  return eventOf(Number(id), fields)
}

/** Parses a message of a log's channel (scripts/log.lua): the events, and the id of the event before them. */
export function parseMessage(text: string): { readonly prev: number; readonly events: readonly Event[] } {
  const [, , prev, written] = JSON.parse(text) as [string, number | string, string, Entry[]]
  return { prev: Number(prev), events: written.map(([id, fields]) => eventOf(Number(id), fields)) }
}

/** Returns the number of the batch in a message of a log's channel without parsing the rest; undefined for a batch of another node. */
export function batchNumberOf(text: string, node: string): number | undefined {
  const start = `["${node}","`
  return text.startsWith(start) ? Number.parseInt(text.slice(start.length, start.length + 16), 10) : undefined
}
