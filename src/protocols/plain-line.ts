import type { CommandResult, ErrorReply, History, PrivateEvent, RoomEvent, ServerLine } from '../../commands/replies.ts'
import { CONTROLS, escapeAll, NOT_ASCII } from '../escape.ts'
import { indentLines } from './shown-text.ts'

/** Encodes a line in some form, with a line feed. */
export type Encode = (line: ServerLine) => string

/** Control characters other than tab and line feed, and every non-ASCII character. */
const ASCII_CONTROLS = new RegExp(`[\0-\x08\x0b-\x1f]|${NOT_ASCII.source}`, 'g')

/** Returns the encoder of plain lines for people; a line that says nothing to them is empty. See docs/protocols/line.md, section 9. */
export function plainEncoder(ascii: boolean): Encode {
  const raw = ascii ? ASCII_CONTROLS : CONTROLS
  return (line) => {
    const text = textOf(line)
    return text === '' ? '' : `${escapeAll(text, raw)}\n`
  }
}

function textOf(line: ServerLine): string {
  switch (line.type) {
    case 'commandResult':
      return resultText(line)
    case 'error':
      return errorText(line)
    case 'notice':
      return aside(line.notice)
    case 'history':
      return recordText(line)
    default:
      return eventText(line, clockOf(line.utctimestamp), '')
  }
}

/** The record of an event, with its date. */
function recordText({ body: record }: History): string {
  const at = `[${record.utctimestamp.slice(0, 16)}]`
  // Member `to` of a room's record is the one who asked.
  const line = record.type === 'private' ? record : { ...record, to: record.user }
  return eventText(line, at, `${at} `)
}

/** A reply that says no more than that the line was taken is left out: its event follows, or what is seen of it. */
function resultText({ result, before }: CommandResult): string {
  if (before !== undefined) return aside(`The search has ended early; before=${before} goes on`)
  return result === null || result === 'OK' ? '' : result
}

function errorText({ error, hint, until, reason }: ErrorReply): string {
  const end = until === undefined ? '' : ` until ${until.slice(0, 16)}`
  const more = hint ?? (reason && indentLines(reason))
  return aside(more === undefined ? error + end : `${error}${end} (${more})`)
}

function aside(text: string): string {
  return `-!- ${text}`
}

/** An event, live or from a record. */
interface Told {
  readonly type: (RoomEvent | PrivateEvent)['type']
  readonly from: string
  readonly body: string
  readonly to?: string | undefined
  readonly action?: true
  readonly notice?: true
  readonly role?: string
  readonly until?: string
  readonly flag?: string
  readonly value?: string
  readonly on?: boolean
  readonly target?: string
}

/** The text of an event: what was said begins with `at`, what has happened with `prefix`. */
function eventText(line: Told, at: string, prefix: string): string {
  const { from, to, role, flag, value, on } = line
  // Further lines are indented, so that none looks like somebody else's message.
  const body = indentLines(line.body)
  const reason = body === '' ? '' : ` (${body})`
  switch (line.type) {
    case 'message':
      if (line.action) return `${at} ** ${from} ${body}`
      return line.notice ? `${at} -${from}- ${body}` : `${at} <${from}> ${body}`
    case 'private':
      return `${at} <${from} -> ${to}> ${body}`
    case 'userJoined':
      return `${prefix}* ${from} joined`
    case 'userLeft':
      return `${prefix}* ${from} left`
    case 'userKicked':
      return `${prefix}* ${to} was kicked by ${from}${reason}`
    case 'topic':
      return body === '' ? `${prefix}* ${from} removed the topic` : `${prefix}* ${from} set the topic: ${body}`
    case 'role':
      return `${prefix}* ${from}: ${to} is ${on ? '' : 'no longer '}${role}${termOf(line)}${reason}`
    case 'mode':
      return `${prefix}* ${from}: ${flag} is ${on ? indentLines(value ?? 'on') : 'off'}${reason}`
    case 'redacted':
      return `${prefix}* ${from} deleted message ${line.target} of ${to}${reason}`
    default:
      return line.type satisfies never
  }
}

/** The end of a ban or mute; nothing for other roles, which have none. */
function termOf({ role, until, on }: Told): string {
  if (!on || (role !== 'banned' && role !== 'muted')) return ''
  return until ? ` until ${until.slice(0, 16)}` : ' for good'
}

/** The time of day, in UTC. */
function clockOf(utctimestamp: string): string {
  return `[${utctimestamp.slice(11, 16)}]`
}
