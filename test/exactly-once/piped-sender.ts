/** A sender that pipes its lines into `roomd send`, whose status tells that all are in the room. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { main } from '../support/main.ts'
import { type Sender, type Sending, type SentLines, textOf } from './sending.ts'

const PAUSE_MS = 25
const AT_ONCE = 4
/** Seconds for which a server that is away is waited for. */
const RETRY = '60'
/** Number of calls of {@link PipedSender.progress} that a process lives through. */
const LONG = 3

/** One process after the other, each under a nickname of its own; of one that is killed nobody knows how many of its lines are said. */
export class PipedSender implements Sender {
  readonly #sending: Omit<Sending, 'from'>
  readonly sent: SentLines[] = []
  readonly problems: string[] = []
  #child: ChildProcessWithoutNullStreams | undefined
  #over = Promise.resolve()
  #age = 0
  #isEnding = false

  constructor(sending: Omit<Sending, 'from'>) {
    this.#sending = sending
    this.#run()
  }

  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  async progress(): Promise<void> {
    if (this.#age++ >= LONG) await this.#finish()
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#finish()
  }

  close(): void {
    this.#isEnding = true
    this.kill()
  }

  /** Ends the input of the process, and resolves when it has ended. */
  async #finish(): Promise<void> {
    this.#child?.stdin.end()
    await this.#over
  }

  #run(): void {
    this.#age = 0
    const { room, nickname, ports } = this.#sending
    const name = `${nickname}${this.sent.length}`
    const args = [main, 'send', room, '--as', name, '--server', `127.0.0.1:${ports.line}`, '--retry', RETRY]
    const child = spawn(process.execPath, args)
    this.#child = child
    this.#over = this.#follow(child, name)
  }

  async #follow(child: ChildProcessWithoutNullStreams, nickname: string): Promise<void> {
    let lastWords = ''
    child.stderr.on('data', (data) => (lastWords += data))
    child.stdin.on('error', () => {})
    child.stdout.resume()
    const closed = once(child, 'close')
    const count = await write(child, nickname)
    const [status] = await closed
    this.sent.push({ nickname, acknowledged: status === 0 ? count : 0 })
    if (status !== 0 && !child.killed) this.problems.push(`${nickname} ended with ${status}: ${lastWords}`)
    if (!this.#isEnding) this.#run()
  }
}

/** Writes lines until the input of a process is ended. Resolves with their number. */
async function write(child: ChildProcessWithoutNullStreams, nickname: string): Promise<number> {
  const { stdin } = child
  let number = 0
  while (stdin.writable) {
    const lines = Array.from({ length: AT_ONCE }, () => `${textOf(nickname, number++)}\n`)
    if (!stdin.write(lines.join(''))) await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]).catch(() => {})
    await sleep(PAUSE_MS)
  }
  return number
}
