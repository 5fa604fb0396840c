import { writeSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'

/** Alternate screen, bracketed paste, and no wrapping of long rows by the terminal. */
const ENTER = '\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[H\x1b[2J'
const LEAVE = '\x1b[?7h\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l'
/** Lets a terminal that knows it show a frame as a whole. */
const BEGIN_FRAME = '\x1b[?2026h\x1b[?25l'
const END_FRAME = '\x1b[?25h\x1b[?2026l'

/** Minimum time between two frames. */
const FRAME_MS = 15

export interface ScreenFrame {
  /** With escape sequences for styles only; none is wider than the screen. */
  readonly rows: readonly string[]
  /** Place of the cursor, from 0. */
  readonly cursor: { readonly row: number; readonly column: number }
}

/** The whole terminal, drawn in frames; the terminal is as it was before in whatever way the process ends. */
export class TerminalScreen {
  readonly #input: ReadStream
  readonly #output: WriteStream & { readonly fd?: number }
  readonly #frame: (columns: number, rows: number) => ScreenFrame
  #shown: readonly string[] = []
  #timer: NodeJS.Timeout | undefined
  #active = false
  readonly #restore = () => this.#leave()
  readonly #resized = () => {
    this.#shown = []
    this.refresh()
  }
  readonly #continued = () => {
    this.#enter()
    this.refresh()
  }

  /** @param frame returns the rows to show on a screen of that size */
  constructor(input: ReadStream, output: WriteStream, frame: (columns: number, rows: number) => ScreenFrame) {
    this.#input = input
    this.#output = output
    this.#frame = frame
  }

  start(): void {
    this.#enter()
    this.#output.on('resize', this.#resized)
    process.on('SIGCONT', this.#continued)
    // Before Node prints what was thrown.
    process.on('uncaughtExceptionMonitor', this.#restore)
    process.on('exit', this.#restore)
    this.refresh()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#output.off('resize', this.#resized)
    process.off('SIGCONT', this.#continued)
    process.off('uncaughtExceptionMonitor', this.#restore)
    process.off('exit', this.#restore)
    this.#leave()
  }

  /** Draws soon. */
  refresh(): void {
    if (!this.#active) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#draw()
    }, FRAME_MS)
  }

  /** Draws everything anew, as what is shown may have been overwritten. */
  redraw(): void {
    this.#output.write('\x1b[2J')
    this.#resized()
  }

  beep(): void {
    if (this.#active) this.#output.write('\x07')
  }

  /** Stops the process as Ctrl-Z does, with the terminal as it was; `fg` continues it. */
  suspend(): void {
    this.#leave()
    // The terminal sends it to the whole foreground group, such as npm and what it has started.
    process.kill(0, 'SIGTSTP')
  }

  #enter(): void {
    if (this.#active) return
    this.#active = true
    this.#shown = []
    this.#input.setRawMode(true)
    this.#output.write(ENTER)
  }

  #leave(): void {
    if (!this.#active) return
    this.#active = false
    try {
      this.#input.setRawMode(false)
      // The process may end before a stream is written.
      writeSync(this.#output.fd ?? process.stdout.fd, LEAVE)
    } catch {
      // The terminal is gone.
    }
  }

  #draw(): void {
    if (!this.#active) return
    // A slow line gets the newest frame when it is free.
    if (this.#output.writableNeedDrain) {
      this.#output.once('drain', () => this.refresh())
      return
    }
    const { columns = 80, rows: height = 24 } = this.#output
    const { rows, cursor } = this.#frame(columns, height)
    let changed = ''
    for (let place = 0; place < height; place++) {
      const row = rows[place] ?? ''
      if (row !== this.#shown[place]) changed += `\x1b[${place + 1};1H\x1b[0m\x1b[2K${row}`
    }
    this.#shown = Array.from({ length: height }, (_, place) => rows[place] ?? '')
    this.#output.write(`${BEGIN_FRAME}${changed}\x1b[0m\x1b[${cursor.row + 1};${cursor.column + 1}H${END_FRAME}`)
  }
}
