/** A window of a tmux server of its own, whose screen tests look at. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { onTestFinished, vi } from 'vitest'
import { PATIENCE_MS } from './eventually.ts'

/** Time between two looks at a screen, each of which takes a process, in ms. */
const POLL_MS = 100

export interface TmuxOptions {
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
}

export class TmuxWindow {
  readonly #server = `roomd-${randomUUID()}`

  /** Starts a command in the window, which is gone with the test. */
  constructor(command: string, { columns = 100, rows = 30, env = {} }: TmuxOptions = {}) {
    const variables = Object.entries({ LANG: 'C.UTF-8', ...env }).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    const size = ['-x', `${columns}`, '-y', `${rows}`]
    // Without a configuration, whose file this is not.
    this.#tmux('-f', '/dev/null', '-u', 'new-session', '-d', ...size, ...variables, command)
    onTestFinished(() => this.close())
  }

  /** What the screen shows, without blanks at the ends of lines. */
  screen(): string[] {
    return this.#tmux('capture-pane', '-p').split('\n').slice(0, -1)
  }

  /** Resolves when something holds for the screen. */
  async shows(what: string | RegExp): Promise<string[]> {
    return vi.waitFor(
      () => {
        const screen = this.screen()
        const text = screen.join('\n').trimEnd()
        if (typeof what === 'string' ? !text.includes(what) : !what.test(text))
          throw new Error(`${what} is not in\n${text}`)
        return screen
      },
      { timeout: PATIENCE_MS, interval: POLL_MS },
    )
  }

  /** Types text, and keys by their names in tmux, such as `Enter` and `C-c`. */
  type(...keys: readonly string[]): void {
    for (const key of keys)
      this.#tmux(
        'send-keys',
        ...(/^(?:[CM]-.|M-Enter|Enter|Tab|Up|Down|PageUp|PageDown|Escape|BSpace)$/.test(key) ? [key] : ['-l', key]),
      )
  }

  paste(text: string): void {
    this.#tmux('set-buffer', text)
    this.#tmux('paste-buffer', '-p')
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`)
  }

  /** A format of tmux, such as `#{alternate_on}`. */
  format(format: string): string {
    return this.#tmux('display-message', '-p', format).trim()
  }

  /** Sends a signal to the command in the foreground of the shell. */
  kill(signal: string): void {
    const group = execFileSync('ps', ['-o', 'tpgid=', '-p', this.format('#{pane_pid}')], { encoding: 'utf8' })
    execFileSync('kill', ['-s', signal, '--', `-${group.trim()}`])
  }

  close(): void {
    try {
      this.#tmux('kill-server')
    } catch {
      // Closed already.
    }
  }

  #tmux(...args: readonly string[]): string {
    const { TMUX: _, ...env } = process.env
    return execFileSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8', stdio: 'pipe', env })
  }
}
