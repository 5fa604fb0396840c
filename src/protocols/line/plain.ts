import type { CommandResult, ErrorReply, History, PrivateEvent, ServerLine } from '../../../commands/replies.ts'
import { escapeAll, NOT_ASCII } from '../escape.ts'
import { indentLines } from '../indent.ts'
import { type Encode, UNSAFE } from './json.ts'

/** Control characters other than tab and line feed, and those that are escaped in JSON too. */
const CONTROLS = new RegExp(`[\0-\x08\x0b-\x1f]|${UNSAFE.source}`, 'g')
/** The same without those that {@link NOT_ASCII} has. */
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
    case 'message':
    case 'private':
      return said(line, clockOf(line.utctimestamp))
    case 'userJoined':
      return `* ${line.from} joined`
    case 'userLeft':
      return `* ${line.from} left`
    default:
      return line satisfies never
  }
}

/** The record of an event, with its date. */
function recordText({ body: line }: History): string {
  const at = `[${line.utctimestamp.slice(0, 16)}]`
  switch (line.type) {
    case 'message':
    case 'private':
      return said(line, at)
    case 'userJoined':
      return `${at} * ${line.from} joined`
    case 'userLeft':
      return `${at} * ${line.from} left`
    default:
      return line satisfies never
  }
}

/** A reply that says no more than that the line was taken is left out: its event follows, or what is seen of it. */
function resultText({ result, before }: CommandResult): string {
  if (before !== undefined) return aside(`The search has ended early; before=${before} goes on`)
  return result === null || result === 'OK' ? '' : result
}

function errorText({ error, hint }: ErrorReply): string {
  return aside(hint === undefined ? error : `${error} (${hint})`)
}

function aside(text: string): string {
  return `-!- ${text}`
}

interface Said extends Pick<PrivateEvent, 'from' | 'body'> {
  readonly type: string
  readonly to?: string
}

/** A text with its sender; further lines are indented, so that none looks like another one's message. */
function said({ type, from, to, body }: Said, at: string): string {
  const names = type === 'private' ? `${from} -> ${to}` : from
  return `${at} <${names}> ${indentLines(body)}`
}

/** The time of day, in UTC. */
function clockOf(utctimestamp: string): string {
  return `[${utctimestamp.slice(11, 16)}]`
}
