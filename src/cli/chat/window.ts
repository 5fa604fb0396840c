import type { JoinedRoom } from '../../client/joined-room.ts'
import { foldName } from '../../client/nickname.ts'
import type { Span } from '../styles.ts'
import { wrapped } from './wrap.ts'

/** Maximum lines that a window keeps. */
const MAX_KEPT_LINES = 2_000
/** Columns that further rows of a line are indented by: those of the time. */
const INDENT = 6

interface WindowLine {
  readonly spans: readonly Span[]
  /** Rows for a number of columns. */
  rows?: { readonly columns: number; readonly rows: readonly (readonly Span[])[] }
}

/** The lines of a room, or of what belongs to none, as a person sees them. */
export class ChatWindow {
  /** The room; undefined for the window of the server, and for a room that has been left. */
  room: JoinedRoom | undefined
  readonly name: string
  readonly members = new Map<string, string>()
  unread = 0
  isMentioned = false
  isOffline = false
  /** Rows by which the user has scrolled back. */
  scrolled = 0
  #lines: WindowLine[] = []
  #lastDay = ''
  /** Columns of the last {@link view}. */
  #columns = 80

  constructor(name: string, room?: JoinedRoom) {
    this.name = name
    this.room = room
  }

  /** Adds a line of what happened on a day, such as `2026-05-24`. */
  add(spans: readonly Span[], day: string): void {
    if (this.#lastDay !== '' && day !== this.#lastDay) this.#push([{ text: `--- ${day}`, style: 'aside' }])
    this.#lastDay = day
    this.#push(spans)
  }

  clear(): void {
    this.#lines = []
    this.scrolled = 0
  }

  /** Returns the rows that are shown in so much space, the newest last. */
  view(columns: number, height: number): readonly (readonly Span[])[] {
    this.#columns = columns
    const rows: (readonly Span[])[] = []
    let first = this.#lines.length
    while (first > 0 && rows.length < height + this.scrolled) {
      const line = this.#lines[--first]
      if (line) rows.unshift(...rowsOf(line, columns))
    }
    // Scrolled to the oldest line.
    if (first === 0) this.scrolled = Math.max(0, Math.min(this.scrolled, rows.length - height))
    const end = rows.length - this.scrolled
    return rows.slice(Math.max(0, end - height), end)
  }

  /** Notes that a user has come or said something; who did so last is completed first. */
  noteMember(nickname: string): void {
    this.members.delete(foldName(nickname))
    this.members.set(foldName(nickname), nickname)
  }

  hasMember(nickname: string): boolean {
    return this.members.has(foldName(nickname))
  }

  /** Replaces the members by those in a list in order of joining; who joined first is completed first. */
  setMembers(nicknames: readonly string[]): void {
    this.members.clear()
    for (const nickname of nicknames.toReversed()) this.noteMember(nickname)
  }

  forgetMember(nickname: string): void {
    this.members.delete(foldName(nickname))
  }

  #push(spans: readonly Span[]): void {
    const line: WindowLine = { spans }
    this.#lines.push(line)
    if (this.#lines.length > MAX_KEPT_LINES) this.#lines.shift()
    // What is looked at stays where it is.
    if (this.scrolled > 0) this.scrolled += rowsOf(line, this.#columns).length
  }
}

function rowsOf(line: WindowLine, columns: number): readonly (readonly Span[])[] {
  if (line.rows?.columns !== columns) line.rows = { columns, rows: wrapped(line.spans, columns, INDENT) }
  return line.rows.rows
}
