import { safeLine } from '../safe-text.ts'
import { painted, type Span } from '../styles.ts'
import type { LineEditor } from './editor.ts'
import type { ScreenFrame } from './screen.ts'
import type { ChatSession } from './session.ts'
import type { ChatWindow } from './window.ts'
import { clipped, columnsOf } from './wrap.ts'

/** Rows of the screen from which there is a bar with the topic. */
const TOPIC_ROWS = 8

/** Arranges the screen: topic, lines of the room, bar with the rooms, line that is typed, or a question in its place. */
export function layoutOf(
  session: ChatSession,
  editor: LineEditor,
  question: string | undefined,
  size: { readonly columns: number; readonly rows: number; readonly colours: boolean },
): ScreenFrame {
  const { columns, rows, colours } = size
  const hasTopic = rows >= TOPIC_ROWS
  const height = Math.max(rows - (hasTopic ? 3 : 2), 1)
  const lines = session.current.view(columns, height)
  const blank = Array.from({ length: Math.max(height - lines.length, 0) }, (): readonly Span[] => [])
  const { text, column } = inputOf(editor, question, columns)
  const all = [
    ...(hasTopic ? [bar(topicOf(session.current), columns)] : []),
    ...blank,
    ...lines,
    bar(statusOf(session, columns), columns),
    [{ text }],
  ]
  return {
    rows: all.slice(-rows).map((spans) => painted(spans, colours)),
    cursor: { row: Math.min(all.length, rows) - 1, column },
  }
}

function inputOf(editor: LineEditor, question: string | undefined, columns: number): { text: string; column: number } {
  if (question !== undefined) {
    const text = clipped([{ text: question }], columns - 1)
      .map((span) => span.text)
      .join('')
    return { text, column: Math.min(columnsOf(text), columns - 1) }
  }
  const prompt = columns > 10 ? '> ' : ''
  const { text, column } = editor.view(columns - prompt.length)
  return { text: prompt + text, column: Math.min(prompt.length + column, columns - 1) }
}

function topicOf({ name, room, members }: ChatWindow): Span[] {
  const topic = room?.topic ? `: ${safeLine(room.topic)}` : ''
  const count = room && members.size > 0 ? ` (${members.size})` : ''
  return [
    { text: ' ', style: 'bar' },
    { text: name, style: 'barStrong' },
    { text: `${count}${topic}`, style: 'bar' },
  ]
}

/** The rooms with their numbers; of others than the present one how much is unread, with ! where the user is meant. */
function statusOf(session: ChatSession, columns: number): Span[] {
  const { windows, current, nickname, unsent } = session
  // The window of the server is shown where it has something to say.
  const isNews = (window: ChatWindow) => window === current || window.unread > 0
  const labelled = windows.map((window, number) => ({ window, label: labelOf(window, number) }))
  const rooms = labelled.filter(({ window }) => window !== windows[0] || isNews(window))
  const width = rooms.reduce((sum, { label }) => sum + columnsOf(label) + 2, columnsOf(nickname) + 2)
  const shown = width > columns ? rooms.filter(({ window }) => isNews(window)) : rooms
  const spans: Span[] = [{ text: ` ${nickname} `, style: 'bar' }]
  for (const { window, label } of shown) {
    if (window === current) spans.push({ text: `[${label}]`, style: 'barStrong' })
    else spans.push({ text: ` ${label} `, style: window.unread > 0 ? 'barStrong' : 'bar' })
  }
  if (unsent > 0) spans.push({ text: ` sending ${unsent}`, style: 'bar' })
  if (current.scrolled > 0) spans.push({ text: ' more below', style: 'barStrong' })
  return spans
}

function labelOf({ name, isOffline, unread, isMentioned }: ChatWindow, number: number): string {
  const news = unread > 0 ? ` ${unread}${isMentioned ? '!' : ''}` : ''
  return `${number}:${name}${isOffline ? ' offline' : ''}${news}`
}

/** Fills a row to its end. */
function bar(spans: readonly Span[], columns: number): Span[] {
  const shown = clipped(spans, columns)
  const width = shown.reduce((sum, { text }) => sum + columnsOf(text), 0)
  return [...shown, { text: ' '.repeat(Math.max(columns - width, 0)), style: 'bar' }]
}
