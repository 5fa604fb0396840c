/** A connection to the line protocol that is expected to break: what is asked is answered, or it is lost. */
import { connect, type Socket } from 'node:net'
import split2 from 'split2'
import type { History, Notice, Reply, RoomEvent, ServerLine } from '../../commands/replies.ts'
import { readLine } from '../support/client.ts'
import type { Told } from './checker.ts'

/** The connection is gone: nobody knows what has become of what was asked. */
export class Lost extends Error {
  override name = 'Lost'
}

/** Who hears what is not asked for. */
export interface Hearer {
  told(event: Told): void
  noticed(notice: Notice): void
  /** The error that the server says before it ends the connection. */
  ended?(error: string): void
  /** What came is none of the protocol's lines. */
  failed(error: Error): void
}

interface Asked {
  resolve(reply: Reply): void
  reject(error: Error): void
}

export class Line {
  /** Rejects with {@link Lost} when it has ended, behind everything that was read. */
  readonly lost: Promise<never>
  readonly #socket: Socket
  readonly #hearer: Hearer
  readonly #asked: Asked[] = []
  #records: Told[] = []

  constructor(port: number, hearer: Hearer) {
    const { promise, reject } = Promise.withResolvers<never>()
    this.lost = promise
    promise.catch(() => {})
    this.#hearer = hearer
    this.#socket = connect(port, '127.0.0.1').setNoDelay()
    let cause: Error | undefined
    const lines = split2('\n', readLine)
    this.#socket.on('data', (chunk) => lines.write(chunk))
    this.#socket.on('error', (error) => {
      cause = error
    })
    this.#socket.on('close', () => lines.end())
    lines.on('data', (line: ServerLine) => this.#take(line))
    lines.on('error', (error: Error) => {
      hearer.failed(error)
      this.#socket.destroy()
    })
    lines.on('close', () => {
      const error = new Lost(cause?.message, { cause })
      for (const asked of this.#asked) asked.reject(error)
      reject(error)
    })
  }

  /** Says a line and resolves with its reply. Rejects with {@link Lost}, also when that takes longer than `patience`, in ms. */
  async ask(line: string, patience?: number): Promise<Reply> {
    if (this.#socket.destroyed) throw new Lost()
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    this.#asked.push({ resolve, reject })
    this.#socket.write(`${line}\n`)
    const timer = patience === undefined ? undefined : setTimeout(() => this.destroy(), patience)
    return promise.finally(() => clearTimeout(timer))
  }

  /** The records of a HISTORY, or the error that answers it. Rejects with {@link Lost}. */
  async history(request = 'HISTORY'): Promise<readonly Told[] | string> {
    this.#records = []
    const reply = await this.ask(request)
    if (reply.type === 'error') return reply.error
    // Its reply is behind the last record.
    await this.ask('/ping')
    return this.#records
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #end(error: string): void {
    this.#hearer.ended?.(error)
    this.destroy()
  }

  #take(line: ServerLine): void {
    if (line.type === 'history') this.#records.push(recordOf(line))
    else if (line.type === 'notice') this.#hearer.noticed(line)
    // The last word before the connection is closed, also in the middle of a HISTORY, is no reply.
    else if (line.type === 'error' && line.reconnect !== undefined) this.#end(line.error)
    else if (line.type === 'commandResult' || line.type === 'error') this.#asked.shift()?.resolve(line)
    else if (line.type !== 'private') this.#hearer.told(toldOf(line))
  }
}

function recordOf({ body: { id, type, from, body } }: History): Told {
  return { id: Number(id), type, from, body }
}

function toldOf({ id, type, from, body }: RoomEvent): Told {
  return { id: Number(id), type, from, body }
}
