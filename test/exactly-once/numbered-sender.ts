/** A sender whose program prints the numbers of the lines that are acknowledged. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, vi } from 'vitest'
import { PATIENCE_MS } from '../support/eventually.ts'
import type { Sender, Sending, SentLines } from './sending.ts'

/** Time within which a line must be acknowledged: a server may be restarting, and a client waiting for its next attempt. */
const PROGRESS_MS = 3 * PATIENCE_MS
/** Maximum characters of a process's last words. */
const LAST_WORDS = 2_000

export class NumberedSender implements Sender {
  readonly #program: string
  readonly #sending: Omit<Sending, 'from'>
  #child: ChildProcess | undefined
  #over = Promise.resolve()
  #acknowledged = 0
  /** The end of what the process has written on standard error. */
  #lastWords = ''
  readonly problems: string[] = []
  #isEnding = false
  #isClosed = false

  /** @param program name of a file in this folder */
  constructor(program: 'library' | 'post' | 'upload', sending: Omit<Sending, 'from'>) {
    this.#program = resolve(import.meta.dirname, `${program}.ts`)
    this.#sending = sending
    this.#run()
  }

  get sent(): readonly SentLines[] {
    return [{ nickname: this.#sending.nickname, acknowledged: this.#acknowledged }]
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  async progress(): Promise<void> {
    const before = this.#acknowledged
    const { nickname } = this.#sending
    const isFurther = () => expect(this.#acknowledged, `${nickname} ${this.#lastWords}`).toBeGreaterThan(before)
    await vi.waitFor(isFurther, { timeout: PROGRESS_MS, interval: 20 })
  }

  async end(): Promise<void> {
    this.#isEnding = true
    this.#child?.stdin?.end()
    for (let over: unknown; over !== this.#over; ) {
      over = this.#over
      await over
    }
  }

  close(): void {
    this.#isClosed = true
    this.kill()
  }

  #run(): void {
    const sending: Sending = { ...this.#sending, from: this.#acknowledged }
    const child = spawn(process.execPath, [this.#program, JSON.stringify(sending)])
    this.#child = child
    this.#over = this.#follow(child)
    child.stdin.on('error', () => {})
    if (this.#isEnding) child.stdin.end()
  }

  async #follow(child: ReturnType<typeof spawn>): Promise<void> {
    const { nickname } = this.#sending
    this.#lastWords = ''
    child.stderr?.on('data', (data) => (this.#lastWords = `${this.#lastWords}${data}`.slice(-LAST_WORDS)))
    const closed = once(child, 'close')
    if (child.stdout) {
      for await (const line of createInterface(child.stdout)) {
        // A line is cut where its process is killed.
        if (Number(line) === this.#acknowledged) this.#acknowledged++
        else if (!child.killed)
          this.problems.push(`${nickname}: ${line} acknowledged in place of ${this.#acknowledged}`)
      }
    }
    const [status] = await closed
    if (status === 0 || this.#isClosed) return
    if (!child.killed) this.problems.push(`${nickname} gave up: ${this.#lastWords}`)
    this.#run()
  }
}
