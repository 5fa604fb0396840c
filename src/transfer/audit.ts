/** `roomd audit`: lists the events of moderators, with or without a running daemon. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseTime } from '../../commands/range.ts'
import { ConfigError, checkConfig } from '../config.ts'
import { shownOnTerminal, shownTime } from '../control/cells.ts'
import type { RoomRecord } from '../engine/engine.ts'
import type { Event } from '../engine/event.ts'
import { fold } from '../engine/fold.ts'
import { type ExportSource, Unfit } from '../engine/transfer.ts'
import { exportSourceOf } from '../engines.ts'
import { roomIn } from './export.ts'
import { textIn } from './transfer.ts'

/** The events to list; undefined stands for all. */
interface AuditRequest {
  /** Nickname of the moderator. */
  readonly actor: string | undefined
  /** Title or slug. */
  readonly room: string | undefined
  /** In ms since the epoch. */
  readonly since: number | undefined
  /** In ms since the epoch. */
  readonly until: number | undefined
}

/** Runs the command with the options of the command line. @throws ConfigError, EngineFault */
export async function audit(options: Readonly<Record<string, unknown>>, out: NodeJS.WriteStream): Promise<void> {
  const now = Date.now()
  const request: AuditRequest = {
    actor: textIn(options, 'actor'),
    room: textIn(options, 'room'),
    since: timeIn(options, 'since', now),
    until: timeIn(options, 'until', now),
  }
  const format = options.json === true || !out.isTTY ? auditRecord : auditText
  try {
    const source = await exportSourceOf(checkConfig(options))
    try {
      await pipeline(Readable.from(auditLines(source, request, format)), out, { end: false })
    } finally {
      source.close()
    }
  } catch (error) {
    if (error instanceof Unfit) throw new ConfigError(error.message, { cause: error })
    // The program that reads the output may end early, such as `head`.
    const { code, syscall, message } = error as NodeJS.ErrnoException
    if (code === 'EPIPE') return
    throw syscall === 'write' ? new Error(`standard output: ${message}`, { cause: error }) : error
  }
}

/** Yields the lines of the events, some at a time: room after room, oldest first. @throws Unfit, EngineFault */
async function* auditLines(
  source: ExportSource,
  request: AuditRequest,
  format: (event: Event, room: RoomRecord) => string,
): AsyncGenerator<string> {
  const { since = 0, until = Number.POSITIVE_INFINITY } = request
  const actor = request.actor === undefined ? undefined : fold(request.actor)
  const rooms = request.room === undefined ? source.rooms : [roomIn(source, request.room)]
  for (const room of rooms) {
    for await (const page of source.moderation(room.id, since)) {
      const wanted = page.filter(
        ({ at, from }) => at >= since && at <= until && (actor === undefined || fold(from) === actor),
      )
      if (wanted.length > 0) yield wanted.map((event) => `${format(event, room)}\n`).join('')
    }
  }
}

/** Formats an event as JSON. */
function auditRecord(event: Event, { slug }: RoomRecord): string {
  const { id, at, kind, from, verified, to, body, details } = event
  const text = body === '' ? undefined : body
  return JSON.stringify({
    time: new Date(at).toISOString(),
    room: slug,
    kind,
    actor: from,
    to,
    text,
    id,
    ...details,
    // In place of the addressee's.
    account: verified === true,
  })
}

/** Formats an event for a person. */
export function auditText(event: Event, { slug }: RoomRecord): string {
  const { at, from, verified, body } = event
  const actor = verified ? from : `${from} (guest)`
  const text = body === '' ? '' : ` ${JSON.stringify(body)}`
  return shownOnTerminal(`${shownTime(at)}  ${slug}  ${actor}: ${actionText(event)}${text}`)
}

function actionText({ kind, body, to = '', details = {} }: Event): string {
  const { role = '', flag = '', on = true, value, until, target } = details
  switch (kind) {
    case 'topic':
      return body === '' ? 'topic removed' : 'topic'
    case 'kicked':
      return `kicked ${to}`
    case 'role': {
      const end = until === undefined ? '' : ` until ${new Date(until).toISOString()}`
      return `${to} ${on ? '' : 'no longer '}${role}${end}`
    }
    case 'mode':
      return `${flag} ${on ? (value ?? 'on') : 'off'}`
    case 'redacted':
      return `deleted message ${target} of ${to}`
    default:
      return kind
  }
}

function timeIn(options: Readonly<Record<string, unknown>>, name: string, now: number): number | undefined {
  const text = textIn(options, name)
  try {
    return text === undefined ? undefined : parseTime(text.replace(/^(?=\d+[smhd]$)/, '-'), now)
  } catch {
    throw new ConfigError(
      `--${name} ${text} is not a time; for example 2026-05-24, "2026-05-24 15:17", yesterday, -2h, -7d`,
    )
  }
}
