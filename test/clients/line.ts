/** The client library at a daemon on this machine; every line is held against the published schema. */
import type { Notice, PrivateEvent, Reply, RoomEvent } from '../../commands/replies.ts'
import { type LineConnection, openConnection } from '../../src/client/connection.ts'
import { DisconnectedError, RefusedError } from '../../src/client/errors.ts'
import { tcp } from '../../src/client/node/sockets.ts'
import type { Unasked } from '../../src/client/server-lines.ts'
import type { Told } from '../cluster/checker.ts'
import { readLine } from '../support/client.ts'

/** Text of the reply to a line that could not be committed or read. */
export const UNAVAILABLE = 'Temporarily unavailable'

/** Called with what is not asked for. */
export interface Hearer {
  told?(event: Told): void
  noticed?(notice: Notice): void
  /** The error that the server says before it ends the connection. */
  ended?(error: string): void
  /** A line came that is none of the protocol's. */
  failed?(error: Error): void
}

/** A connection that is expected to break: each line is answered, or rejected with `DisconnectedError`. */
export class Line {
  /** Rejects when the connection has ended, behind everything that was read. */
  readonly lost: Promise<never>
  readonly #connection: LineConnection
  readonly #hearer: Hearer

  constructor(port: number, hearer: Hearer = {}) {
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => {})
    this.lost = promise
    this.#hearer = hearer
    const dial = tcp({ port, host: '127.0.0.1' })
    const received = (lines: string) => {
      try {
        for (const line of lines.split('\n')) readLine(line)
      } catch (error) {
        hearer.failed?.(error as Error)
        this.destroy()
      }
    }
    this.#connection = openConnection(
      (listener) => {
        return dial({
          opened: () => listener.opened(),
          closed: () => listener.closed(),
          received: (lines) => {
            received(lines)
            listener.received(lines)
          },
        })
      },
      {
        heard: (line) => this.#heard(line),
        lost: (why) => {
          if (why?.code !== undefined) hearer.ended?.(why.message)
          reject(why ?? new DisconnectedError())
        },
      },
    )
  }

  /** Logged in and in a room. */
  static async in(room: string, name: string, port: number): Promise<Line> {
    const line = new Line(port)
    await line.ask(`LOGIN ${name}`)
    await line.ask(`JOIN ${room}`)
    return line
  }

  /** Rejects with `DisconnectedError`, also when the reply takes longer than `patienceMs`. */
  async ask(line: string, patienceMs?: number): Promise<Reply> {
    const timer = patienceMs === undefined ? undefined : setTimeout(() => this.destroy(), patienceMs)
    try {
      return await this.#connection.ask(line)
    } finally {
      clearTimeout(timer)
    }
  }

  /** The text of the reply; undefined when the connection has ended. */
  async say(line: string): Promise<string | null | undefined> {
    try {
      const reply = await this.ask(line)
      return reply.type === 'error' ? reply.error : reply.result
    } catch (error) {
      if (error instanceof DisconnectedError) return undefined
      throw error
    }
  }

  /** The records of a HISTORY, or the error that answers it. Rejects with `DisconnectedError`. */
  async history(request = 'HISTORY'): Promise<readonly Told[] | string> {
    const records: Told[] = []
    const record = ({ id, type, from, body }: RoomEvent | PrivateEvent) => {
      if (type !== 'private') records.push({ id: Number(id), type, from, body })
    }
    try {
      await this.#connection.read(request, record, {})
      return records
    } catch (error) {
      if (error instanceof RefusedError) return error.message
      throw error
    }
  }

  destroy(): void {
    this.#connection.close()
  }

  #heard(line: Unasked): void {
    if (line.type === 'notice') this.#hearer.noticed?.(line)
    else if (line.type !== 'private') this.#hearer.told?.(toldOf(line))
  }
}

/** The messages of a room, as HISTORY gives them, and the errors of the way there. */
export async function messagesIn(room: string, port: number, request = 'HISTORY') {
  const errors: string[] = []
  const line = new Line(port, { ended: (error) => errors.push(error) })
  for (const entry of ['LOGIN reader', `JOIN ${room}`]) {
    const reply = await line.ask(entry)
    if (reply.type === 'error') errors.push(reply.error)
  }
  const records = await line.history(request).catch(() => [])
  line.destroy()
  if (typeof records === 'string') errors.push(records)
  const told = typeof records === 'string' ? [] : records
  return { messages: told.flatMap(({ type, body }) => (type === 'message' ? [body] : [])), errors }
}

function toldOf({ id, type, from, body }: RoomEvent): Told {
  return { id: Number(id), type, from, body }
}
