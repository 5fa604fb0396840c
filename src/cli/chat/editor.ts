import type { Key } from 'node:readline'
import { columnsOf, graphemesOf } from './wrap.ts'

/** Maximum lines that are remembered for the Up key. */
const MAX_HISTORY = 500
/** Shown for a line feed within the line. */
const LINE_FEED = '↵'

/** The line that a user is typing: text, cursor, earlier lines. Knows the keys of Emacs and readline. */
export class LineEditor {
  #before = ''
  #after = ''
  #killed = ''
  readonly #history: string[] = []
  /** Place in the history; its length for the line that is new. */
  #place = 0
  #draft = ''

  get text(): string {
    return this.#before + this.#after
  }

  /** The text before the cursor. */
  get before(): string {
    return this.#before
  }

  insert(text: string): void {
    this.#before += text
  }

  /** Replaces the text before the cursor. */
  replaceBefore(text: string): void {
    this.#before = text
  }

  clear(): void {
    this.#set('')
  }

  /** Returns the line, remembers it and begins a new one. */
  take(): string {
    const line = this.text
    if (line.trim() !== '' && line !== this.#history.at(-1)) this.#history.push(line)
    if (this.#history.length > MAX_HISTORY) this.#history.shift()
    this.#place = this.#history.length
    this.#draft = ''
    this.clear()
    return line
  }

  /** Acts on a key that moves or deletes. Returns false for any other. */
  press({ name = '', ctrl = false, meta = false }: Key): boolean {
    const combination = `${ctrl ? 'ctrl-' : ''}${meta ? 'alt-' : ''}${name}`
    const act = this.#actions[combination]
    if (!act) return false
    act()
    return true
  }

  /** Returns the part of the line that fits into so many columns, with the cursor in it, and the column of the cursor. */
  view(columns: number): { readonly text: string; readonly column: number } {
    const before = shownCells(this.#before)
    const after = shownCells(this.#after)
    let column = columnsOf(before.join(''))
    // One column is for the cursor behind the text.
    const room = Math.max(columns - 1, 1)
    let from = 0
    if (column > room) {
      // Scrolls by a third, so that it does not move with every key.
      const goal = Math.max(room - Math.floor(room / 3), 1)
      while (column > goal && from < before.length) column -= columnsOf(before[from++] ?? '')
    }
    let text = before.slice(from).join('')
    let width = column
    for (const cell of after) {
      width += columnsOf(cell)
      if (width > columns) break
      text += cell
    }
    return { text, column }
  }

  readonly #actions: Readonly<Record<string, () => void>> = {
    left: () => this.#move(last(this.#before).length),
    'ctrl-b': () => this.#move(last(this.#before).length),
    right: () => this.#move(-first(this.#after).length),
    'ctrl-f': () => this.#move(-first(this.#after).length),
    'ctrl-left': () => this.#move(wordBefore(this.#before).length),
    'alt-left': () => this.#move(wordBefore(this.#before).length),
    'alt-b': () => this.#move(wordBefore(this.#before).length),
    'ctrl-right': () => this.#move(-wordAfter(this.#after).length),
    'alt-right': () => this.#move(-wordAfter(this.#after).length),
    'alt-f': () => this.#move(-wordAfter(this.#after).length),
    home: () => this.#move(this.#before.length),
    'ctrl-a': () => this.#move(this.#before.length),
    end: () => this.#move(-this.#after.length),
    'ctrl-e': () => this.#move(-this.#after.length),
    backspace: () => this.#cutBefore(last(this.#before).length),
    'ctrl-h': () => this.#cutBefore(last(this.#before).length),
    delete: () => this.#cutAfter(first(this.#after).length),
    'ctrl-d': () => this.#cutAfter(first(this.#after).length),
    'ctrl-w': () => this.#kill(() => this.#cutBefore(wordBefore(this.#before).length)),
    'alt-backspace': () => this.#kill(() => this.#cutBefore(wordBefore(this.#before).length)),
    'alt-d': () => this.#kill(() => this.#cutAfter(wordAfter(this.#after).length)),
    'ctrl-u': () => this.#kill(() => this.#cutBefore(this.#before.length)),
    'ctrl-k': () => this.#kill(() => this.#cutAfter(this.#after.length)),
    'ctrl-y': () => this.insert(this.#killed),
    up: () => this.#recall(-1),
    down: () => this.#recall(1),
  }

  #set(text: string): void {
    this.#before = text
    this.#after = ''
  }

  /** Moves the cursor to the left by so many code units, or to the right if negative. */
  #move(units: number): void {
    const { text } = this
    const at = this.#before.length - units
    this.#before = text.slice(0, at)
    this.#after = text.slice(at)
  }

  #cutBefore(units: number): string {
    const at = this.#before.length - units
    const cut = this.#before.slice(at)
    this.#before = this.#before.slice(0, at)
    return cut
  }

  #cutAfter(units: number): string {
    const cut = this.#after.slice(0, units)
    this.#after = this.#after.slice(units)
    return cut
  }

  #kill(cut: () => string): void {
    this.#killed = cut() || this.#killed
  }

  #recall(step: number): void {
    const place = this.#place + step
    if (place < 0 || place > this.#history.length) return
    if (this.#place === this.#history.length) this.#draft = this.text
    this.#place = place
    this.#set(this.#history[place] ?? this.#draft)
  }
}

function first(text: string): string {
  return graphemesOf(text)[0] ?? ''
}

function last(text: string): string {
  return graphemesOf(text).at(-1) ?? ''
}

function wordBefore(text: string): string {
  return /\S*\s*$/u.exec(text)?.[0] ?? ''
}

function wordAfter(text: string): string {
  return /^\s*\S*/u.exec(text)?.[0] ?? ''
}

function shownCells(text: string): string[] {
  return graphemesOf(text).map((cell) => (cell === '\n' || cell === '\r\n' ? LINE_FEED : cell))
}
