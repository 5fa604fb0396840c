import stringWidth from 'string-width'
import type { Span, Style } from '../styles.ts'

const SEGMENTS = new Intl.Segmenter()
const ASCII = /^[ -~]*$/

/** A character as a person sees it, such as an emoji of several code points. */
interface Cell {
  readonly text: string
  readonly columns: number
  readonly style: Style | undefined
}

/** Returns the number of columns that a text takes on a terminal. */
export function columnsOf(text: string): number {
  return stringWidth(text)
}

/** Takes a text apart into characters as people see them. */
export function graphemesOf(text: string): string[] {
  return ASCII.test(text) ? [...text] : Array.from(SEGMENTS.segment(text), ({ segment }) => segment)
}

/** Breaks a line into rows of at most so many columns, at spaces where there are any; further rows are indented. */
export function wrapped(spans: readonly Span[], columns: number, indent: number): Span[][] {
  const width = Math.max(columns, 1)
  const margin = indent < width / 2 ? indent : 0
  const rows: Cell[][] = []
  for (const line of linesOf(spans)) {
    for (let rest = line; ; ) {
      const room = rows.length === 0 ? width : width - margin
      const count = fitting(rest, room)
      rows.push(rest.slice(0, count))
      if (count >= rest.length) break
      // The space at which a line is broken is not shown.
      rest = rest.slice(rest[count]?.text === ' ' ? count + 1 : count)
    }
  }
  return rows.map((row, place) => [...(place > 0 && margin > 0 ? [{ text: ' '.repeat(margin) }] : []), ...spansOf(row)])
}

/** Returns the spans that fit into so many columns; an ellipsis stands for the rest. */
export function clipped(spans: readonly Span[], columns: number): Span[] {
  const cells = linesOf(spans).flat()
  if (columns <= 0) return []
  if (widthOf(cells) <= columns) return spansOf(cells)
  const kept = cells.slice(0, hardFitting(cells, columns - 1))
  return spansOf([...kept, { text: '…', columns: 1, style: kept.at(-1)?.style }])
}

function linesOf(spans: readonly Span[]): Cell[][] {
  const lines: Cell[][] = [[]]
  for (const { text, style } of spans) {
    for (const [place, part] of text.split('\n').entries()) {
      if (place > 0) lines.push([])
      const line = lines.at(-1)
      for (const cell of graphemesOf(part)) line?.push({ text: cell, columns: columnsOf(cell), style })
    }
  }
  return lines
}

/** Returns how many cells make a row: up to the last space, if there is one. */
function fitting(cells: readonly Cell[], columns: number): number {
  const count = hardFitting(cells, columns)
  if (count >= cells.length || cells[count]?.text === ' ') return count
  const space = cells.slice(0, count).findLastIndex(({ text }) => text === ' ')
  // A long word, or a text without spaces, is broken where the row ends.
  return space > 0 && widthOf(cells.slice(0, space)) > columns / 2 ? space : count
}

function hardFitting(cells: readonly Cell[], columns: number): number {
  let width = 0
  const end = cells.findIndex((cell) => (width += cell.columns) > columns)
  return end === -1 ? cells.length : Math.max(end, 1)
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((width, cell) => width + cell.columns, 0)
}

function spansOf(cells: readonly Cell[]): Span[] {
  const spans: { text: string; style: Style | undefined }[] = []
  for (const { text, style } of cells) {
    const last = spans.at(-1)
    if (last && last.style === style) last.text += text
    else spans.push({ text, style })
  }
  return spans
}
