/** A program in a window of a tmux server of its own. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { onTestFinished, vi } from 'vitest'

const PATIENCE_MS = 20_000

export class Window {
  readonly #server = `roomd-${randomUUID()}`

  constructor(command: string) {
    this.#tmux('-f', '/dev/null', '-u', 'new-session', '-d', '-x', '100', '-y', '30', '-e', 'LANG=C.UTF-8', command)
    onTestFinished(() => {
      try {
        this.#tmux('kill-server')
      } catch {
        // The program has ended, and the server with it.
      }
    })
  }

  /** Resolves when the screen shows a text. */
  shows(text: string | RegExp): Promise<void> {
    return vi.waitFor(
      () => {
        const screen = this.#tmux('capture-pane', '-p')
        const isShown = typeof text === 'string' ? screen.includes(text) : text.test(screen)
        if (!isShown) throw new Error(`${text} is not in\n${screen}`)
      },
      { timeout: PATIENCE_MS, interval: 100 },
    )
  }

  /** Types a line. */
  type(line: string): void {
    this.#tmux('send-keys', '-l', line)
    this.#tmux('send-keys', 'Enter')
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
}
