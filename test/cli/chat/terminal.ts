/** `roomd chat` in a terminal. */
import { main } from '../../support/main.ts'
import { type TmuxOptions, TmuxWindow } from '../../support/tmux.ts'

export interface TerminalOptions extends TmuxOptions {
  readonly port: number
}

export class Terminal extends TmuxWindow {
  readonly #command: string

  /** Starts a shell with job control, and in it the command. */
  constructor(args: readonly string[], { port, columns = 80, rows = 24, env }: TerminalOptions) {
    const variables = { ROOMD_SERVER: `127.0.0.1:${port}`, TZ: 'UTC', HISTFILE: '/dev/null', ...env }
    super('bash --norc --noprofile -i', { columns, rows, env: variables })
    this.#command = `clear; ${process.execPath} ${main} chat ${args.join(' ')}`
    this.start()
  }

  /** Types the command. */
  start(): void {
    this.type(this.#command, 'Enter')
  }
}
