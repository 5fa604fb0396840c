import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import split2 from 'split2'
import { main, nodeEnvironment } from './main.ts'

/** Whose default ports may be in use; a test that wants them gives them ports. */
export const LINE_ONLY = { ROOMD_CHATTERBOX: 'false', ROOMD_CHATROOM: 'false', ROOMD_HTTP: 'false', ROOMD_IRC: 'false' }

export interface Exit {
  status: number | null
  signal: NodeJS.Signals | null
  stderr: string
}

/** A real daemon in a process of its own. */
export class RoomdProcess {
  readonly child: ChildProcess
  readonly log: Record<string, unknown>[] = []
  readonly exit: Promise<Exit>

  /** `through` is a command that runs another one, `stdout` where the log goes in place of {@link log}. */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    through: readonly string[] = [],
    stdout: 'pipe' | number = 'pipe',
  ) {
    const [command = '', ...rest] = [...through, process.execPath, main, ...args]
    this.child = spawn(command, rest, {
      env: { ...LINE_ONLY, ...nodeEnvironment(), ...env },
      stdio: ['ignore', stdout, 'pipe'],
    })
    this.child.stdout?.pipe(split2()).on('data', (line: string) => this.log.push(JSON.parse(line)))
    let stderr = ''
    this.child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    this.exit = once(this.child, 'close').then(([status, signal]) => ({ status, signal, stderr }))
  }

  /** Resolves with the first log line of that text, which may have been written already; the first `from` lines do not count. */
  async logged(text: string, from = 0): Promise<Record<string, unknown>> {
    const ended = this.exit.then(({ stderr }) => {
      throw new Error(`ended before it has logged "${text}": ${stderr}`)
    })
    ended.catch(() => {})
    for (;;) {
      const line = this.log.slice(from).find(({ msg }) => msg === text)
      if (line) return line
      const { stdout } = this.child
      if (stdout) await Promise.race([once(stdout, 'data'), ended])
    }
  }

  /** What the HTTP port answers. */
  async get(path: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(`http://127.0.0.1:${await this.ready('http')}${path}`)
    return { status: answer.status, text: await answer.text() }
  }

  /** Resolves with the port of a listener once the daemon is ready; rejects when it ends before that. */
  async ready(protocol = 'line'): Promise<number> {
    await this.logged('ready')
    return Number(this.log.find((line) => line.protocol === protocol)?.port)
  }
}
