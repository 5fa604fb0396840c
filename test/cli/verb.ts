/** `roomd send`, `roomd tail` and `roomd chat` in processes of their own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { PATIENCE_MS } from '../support/eventually.ts'
import { main, nodeEnvironment } from '../support/main.ts'

export interface VerbOptions {
  /** Port of the server. */
  readonly port: number
  /** All of standard input; it stays open without. */
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
}

/** A command of the client that runs. */
export class Verb {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<{ status: number | null; stdout: string; stderr: string }>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], { port, input, env = {} }: VerbOptions) {
    this.child = spawn(process.execPath, [main, ...args], {
      env: { ...nodeEnvironment(), ROOMD_SERVER: `127.0.0.1:${port}`, TZ: 'UTC', ...env },
    })
    const { stdin, stdout, stderr } = this.child
    stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    // One that reads nothing may have ended before.
    stdin.on('error', () => {})
    if (input !== undefined) stdin.end(input)
    this.ended = once(this.child, 'close').then(([status]) => ({ status, stdout: this.stdout, stderr: this.stderr }))
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  /** Resolves when something is printed; rejects when the command ends without, or prints nothing for long. */
  async printed(text: string, on: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
    const misses = (how: string) => new Error(`${how} without ${text}: ${this.stdout}${this.stderr}`)
    while (!this[on].includes(text)) {
      const ended = this.ended.then(({ status }) => {
        if (!this[on].includes(text)) throw misses(`ended with ${status}`)
      })
      const silence = new AbortController()
      const silent = sleep(PATIENCE_MS, undefined, silence).then(() => {
        throw misses('silent')
      })
      await Promise.race([once(this.child[on], 'data'), ended, silent])
      silence.abort()
      silent.catch(() => {})
    }
  }
}

/** Runs a command to its end. */
export function verb(args: readonly string[], options: VerbOptions) {
  return new Verb(args, { input: '', ...options }).ended
}
