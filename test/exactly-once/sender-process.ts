/** One sender, whose processes come and go. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Driver, Sending } from './driver.ts'

export class Sender {
  readonly #driver: Driver
  readonly #sending: Omit<Sending, 'from'>
  #child: ChildProcess | undefined
  #over = Promise.resolve()
  /** Number of lines that are acknowledged. */
  acknowledged = 0
  /** Descriptions of acknowledgements that were not expected, and last words of processes that gave up. */
  readonly problems: string[] = []
  #isEnding = false

  constructor(driver: Driver, sending: Omit<Sending, 'from'>) {
    this.#driver = driver
    this.#sending = sending
    this.#run()
  }

  get nickname(): string {
    return this.#sending.nickname
  }

  /** Kills the process; another one goes on from the first line without an acknowledgement. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  /** Resolves when every line that was begun is acknowledged. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#child?.stdin?.end()
    for (let over: unknown; over !== this.#over; ) {
      over = this.#over
      await over
    }
  }

  #run(): void {
    const child = this.#driver.start({ ...this.#sending, from: this.acknowledged })
    this.#child = child
    this.#over = this.#follow(child)
    child.stdin?.on('error', () => {})
    if (this.#isEnding) child.stdin?.end()
  }

  async #follow(child: ChildProcess): Promise<void> {
    let lastWords = ''
    child.stderr?.on('data', (data) => {
      lastWords += data
    })
    const closed = once(child, 'close')
    if (child.stdout) {
      for await (const line of createInterface(child.stdout)) {
        // A line is cut where its process is killed.
        if (Number(line) === this.acknowledged) this.acknowledged++
        else if (!child.killed)
          this.problems.push(`${this.nickname}: ${line} acknowledged in place of ${this.acknowledged}`)
      }
    }
    const [status] = await closed
    if (status === 0) return
    if (!child.killed) this.problems.push(`${this.nickname} gave up: ${lastWords}`)
    this.#run()
  }
}
