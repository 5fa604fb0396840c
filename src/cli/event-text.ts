import type { PrivateEvent, RoomEvent } from '../../commands/replies.ts'
import type { RoleChange } from '../../commands/schema.ts'
import { safeLine, safeText } from './safe-text.ts'
import { nickStyle, type Span } from './styles.ts'

/** Returns what has happened, without the time, as text for people; a text of several lines has line feeds. */
export function eventSpans(event: RoomEvent | PrivateEvent): Span[] {
  const from = safeLine(event.from)
  const body = safeText(event.body)
  const reason = body === '' ? '' : ` (${body})`
  switch (event.type) {
    case 'message':
      if (event.action) return [aside('* '), nick(from), { text: ` ${body}` }]
      if (event.notice) return [{ text: `-${from}- ${body}`, style: 'notice' }]
      return [aside('<'), nick(from), aside('> '), { text: body }]
    case 'private':
      return [{ text: `<${from} -> ${safeLine(event.to)}> ${body}`, style: 'private' }]
    case 'userJoined':
      return [aside(`* ${from} joined`)]
    case 'userLeft':
      return [aside(`* ${from} left`)]
    case 'userKicked':
      return [mark(`* ${safeLine(event.to)} was kicked by ${from}${reason}`)]
    case 'topic':
      return [mark(body === '' ? `* ${from} removed the topic` : `* ${from} set the topic: ${body}`)]
    case 'role': {
      const state = `${event.on ? '' : 'no longer '}${event.role}${termOf(event)}`
      return [mark(`* ${from}: ${safeLine(event.to)} is ${state}${reason}`)]
    }
    case 'mode':
      return [mark(`* ${from}: ${event.flag} is ${event.on ? safeLine(event.value ?? 'on') : 'off'}${reason}`)]
    case 'redacted':
      return [mark(`* ${from} deleted message ${event.target} of ${safeLine(event.to)}${reason}`)]
    default:
      return event satisfies never
  }
}

/** Returns a time of the server as local date and time to the minute, such as `2026-05-24 15:17`. */
export function localMinute(utctimestamp: string): string {
  const { date, time } = localTime(utctimestamp)
  return `${date} ${time.slice(0, 5)}`
}

/** Returns a time of the server as local date and local time of day. */
export function localTime(utctimestamp: string): { readonly date: string; readonly time: string } {
  const at = new Date(`${utctimestamp.slice(0, 10)}T${utctimestamp.slice(11, 23)}Z`)
  const two = (number: number) => String(number).padStart(2, '0')
  return {
    date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
  }
}

/** Returns the end of a ban or mute; nothing for other roles, which have none. */
function termOf({ role, until, on }: RoleChange): string {
  if (!on || (role !== 'banned' && role !== 'muted')) return ''
  return until === undefined ? ' for good' : ` until ${localMinute(until)}`
}

function nick(name: string): Span {
  return { text: name, style: nickStyle(name) }
}

function aside(text: string): Span {
  return { text, style: 'aside' }
}

function mark(text: string): Span {
  return { text, style: 'mark' }
}
