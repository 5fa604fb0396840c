/** A client of the line protocol at a daemon in a process of its own. */
import { connect, type Socket } from 'node:net'
import split2 from 'split2'
import { readLine } from './client.ts'

interface Line {
  readonly type: string
  readonly result?: string | null
  readonly error?: string
  readonly body: { readonly type: string; readonly body: string }
}

/** The reply to a line that could not be committed or read. */
export const UNAVAILABLE = 'Temporarily unavailable'

export class Talker {
  readonly socket: Socket
  readonly #lines: AsyncIterator<Line>

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').setNoDelay()
    this.socket.on('error', () => {})
    this.#lines = this.socket.pipe(split2(readLine))[Symbol.asyncIterator]()
  }

  /** Logged in and in a room. */
  static async in(room: string, name: string, port: number): Promise<Talker> {
    const talker = new Talker(port)
    await talker.ask(`LOGIN ${name}`)
    await talker.ask(`JOIN ${room}`)
    return talker
  }

  /** The reply to a line; events in between are passed over. Undefined when the connection has ended. */
  async ask(line: string): Promise<string | null | undefined> {
    this.socket.write(`${line}\n`)
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) return undefined
      if (value.type === 'commandResult' || value.type === 'error') return value.result ?? value.error
    }
  }
}

/** The messages of a room, as HISTORY gives them, and what else it was answered with. */
export async function messagesIn(room: string, port: number, request = 'HISTORY') {
  const socket = connect(port, '127.0.0.1')
  socket.end(`LOGIN reader\nJOIN ${room}\n${request}\n`)
  const messages: string[] = []
  const errors: string[] = []
  for await (const { type, body, error } of socket.pipe(split2(readLine)) as AsyncIterable<Line>) {
    if (type === 'history' && body.type === 'message') messages.push(body.body)
    if (error !== undefined) errors.push(error)
  }
  return { messages, errors }
}
