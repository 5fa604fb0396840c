/** Readers of a room that come and go, and must be given each message once and in order. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { main } from '../support/main.ts'
import type { Ports } from './sending.ts'

const AGAIN_MS = 100
const RETRY = '60'

export interface Reading {
  readonly ports: Ports
  readonly room: string
  /** Folder for what the reader keeps. */
  readonly folder: string
}

interface ReadEvent {
  readonly id: string
  readonly type: string
  readonly body: string
}

/** The messages that a reader was given. */
export abstract class Reader {
  readonly bodies: string[] = []
  readonly problems: string[] = []
  #last = 0

  /** Ends the reader in the middle of something; another one goes on. */
  abstract kill(): void
  abstract end(): Promise<void>

  /** Ends the reader, for a test that has failed. */
  close(): void {
    void this.end()
  }

  /** @param mayRepeat true where an event may be one that the reader before was given */
  protected read({ id, type, body }: ReadEvent, mayRepeat: boolean): void {
    if (Number(id) > this.#last) {
      this.#last = Number(id)
      if (type === 'message') this.bodies.push(body)
    } else if (!mayRepeat) {
      this.problems.push(`${this.constructor.name}: ${id} "${body}" came behind ${this.#last}`)
    }
  }

  /** True for an event that is behind all that were read. */
  protected isNew({ id }: ReadEvent): boolean {
    return Number(id) > this.#last
  }
}

/** `roomd tail --resume`, which is killed and terminated by turns. */
export class TailReader extends Reader {
  readonly #reading: Reading
  #child!: ChildProcessWithoutNullStreams
  #over = Promise.resolve()
  #kills = 0
  #isEnding = false

  constructor(reading: Reading) {
    super()
    this.#reading = reading
    this.#run(false)
  }

  kill(): void {
    this.#child.kill(this.#kills++ % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
  }

  async end(): Promise<void> {
    this.#isEnding = true
    this.#child.kill('SIGTERM')
    await this.#over
  }

  /** @param mayRepeat true where the process before was killed, which may have written what is not in its file */
  #run(mayRepeat: boolean): void {
    const { room, folder, ports } = this.#reading
    const args = ['tail', room, '--resume', `${folder}/state`, '--since', 'all', '--retry', RETRY]
    this.#child = spawn(process.execPath, [main, ...args, '--server', `127.0.0.1:${ports.line}`])
    this.#over = this.#follow(this.#child, mayRepeat)
  }

  async #follow(child: ChildProcessWithoutNullStreams, mayRepeat: boolean): Promise<void> {
    let lastWords = ''
    child.stderr.on('data', (data) => (lastWords += data))
    const closed = once(child, 'close')
    let isBeginning = mayRepeat
    for await (const line of createInterface(child.stdout)) {
      const event = parsed(line)
      // A line is cut where its process is killed.
      if (!event) {
        if (child.signalCode !== 'SIGKILL') this.problems.push(`tail: ${line}`)
        continue
      }
      isBeginning &&= !this.isNew(event)
      this.read(event, isBeginning)
    }
    const [status, signal] = await closed
    if (this.#isEnding) return
    if (!child.killed || lastWords !== '') this.problems.push(`tail ended with ${status}: ${lastWords}`)
    this.#run(signal === 'SIGKILL')
  }
}

function parsed(line: string): ReadEvent | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** A client of server-sent events, which comes back with the last id that it was given. */
export class StreamReader extends Reader {
  readonly #url: string
  #lastId = ''
  #aborting = new AbortController()
  #isEnding = false
  readonly #over: Promise<void>

  constructor({ ports, room }: Reading) {
    super()
    this.#url = `http://127.0.0.1:${ports.http}/rooms/${room}/stream?since=all`
    this.#over = this.#run()
  }

  kill(): void {
    this.#aborting.abort()
  }

  async end(): Promise<void> {
    this.#isEnding = true
    this.kill()
    await this.#over
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      this.#aborting = new AbortController()
      await this.#follow().catch((error: unknown) => {
        // How fetch tells that the response was cut, and that it is aborted.
        if (!(error instanceof TypeError) && !this.#aborting.signal.aborted) this.problems.push(`stream: ${error}`)
      })
      if (!this.#isEnding) await sleep(AGAIN_MS)
    }
  }

  async #follow(): Promise<void> {
    const headers = { Accept: 'text/event-stream', ...(this.#lastId !== '' && { 'Last-Event-ID': this.#lastId }) }
    const { status, body } = await fetch(this.#url, { headers, signal: this.#aborting.signal })
    if (status === 503) return
    if (status !== 200 || !body) throw new Error(`status ${status}`)
    let unfinished = ''
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const parts = (unfinished + text).split('\n\n')
      unfinished = parts.pop() ?? ''
      for (const part of parts) this.#take(part)
    }
  }

  #take(part: string): void {
    const fields = new Map(part.split('\n').map((line) => line.split(/: (.*)/, 2) as [string, string]))
    const data = fields.get('data')
    if (data !== undefined) {
      const event = JSON.parse(data)
      if (event.type !== 'end') this.read(event, false)
      else if (!event.reconnect) this.problems.push(`stream: ${data}`)
    }
    this.#lastId = fields.get('id') ?? this.#lastId
  }
}
