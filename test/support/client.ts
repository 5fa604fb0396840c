/** A client of the line protocol that holds every line it gets against the published schema. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import split2 from 'split2'
import { Compile } from 'typebox/compile'
import type { WebSocket } from 'ws'
import { SERVER_LINE, type ServerLine } from '../../commands/schema.ts'
import { trust } from './certificate.ts'
import type { TestDaemon } from './daemon.ts'
import { Inbox } from './inbox.ts'
import { clientFrame, openWebSocket } from './websocket.ts'

export type Transport = 'TCP' | 'TLS' | 'WS' | 'WSS'

/** Whether it carries messages rather than a stream of bytes. */
export const isWebSocket = (transport: Transport) => transport.startsWith('WS')
/** How what is sent is cut up: as it is, into two chunks, or into single bytes. */
export type Mode = 'whole' | 'split' | 'bytes'

export class LineClient {
  readonly socket: Socket
  /** Resolves when the connection is closed. */
  readonly closed: Promise<unknown>
  /** With which a WebSocket was closed. */
  closing: { code: number; reason: string } | undefined
  readonly #mode: Mode
  readonly #websocket: WebSocket | undefined
  readonly #received: Buffer[] = []
  readonly #lines = new Inbox<ServerLine>()
  #sending: Promise<unknown> = Promise.resolve()
  #pings = 0

  private constructor(socket: Socket, mode: Mode, websocket?: WebSocket) {
    this.socket = socket
    this.#mode = mode
    this.#websocket = websocket
    this.closed = new Promise((resolve) => (websocket ?? socket).once('close', resolve))
    const lines = split2('\n', readLine)
    const read = (chunk: Buffer) => {
      this.#received.push(chunk)
      lines.write(chunk)
    }
    if (websocket) {
      // What a line feed ends elsewhere, the message ends here.
      websocket.on('message', (data: Buffer) => read(Buffer.concat([data, Buffer.from('\n')])))
      websocket.on('error', () => {})
      websocket.on('close', (code, reason) => {
        this.closing = { code, reason: String(reason) }
        lines.end()
      })
    } else {
      socket.on('data', read)
      // A reset ends a connection like anything else here.
      socket.on('error', () => {})
      socket.on('close', () => lines.end())
    }
    lines.on('data', (line: ServerLine) => this.#lines.push(line))
    lines.on('error', (error: Error) => this.#lines.fail(error))
    lines.on('end', () => this.#lines.end())
  }

  /** What is wrong with a line that the server sent. */
  get failure(): Error | undefined {
    return this.#lines.failure
  }

  /** `localAddress` is the address that the daemon sees; every address of 127.0.0.0/8 is one of this machine on Linux. */
  static async connect(
    daemon: TestDaemon,
    transport: Transport = 'TCP',
    mode: Mode = 'whole',
    localAddress?: string,
  ): Promise<LineClient> {
    const from = localAddress === undefined ? {} : { localAddress }
    if (isWebSocket(transport)) {
      const options = { tls: transport === 'WSS', ...from }
      const { websocket, socket } = await openWebSocket(daemon.port('http'), '/line', options)
      return new LineClient(socket, mode, websocket)
    }
    const host = '127.0.0.1'
    const socket =
      transport === 'TCP'
        ? connectTcp({ host, port: daemon.line, ...from })
        : connectTls({ host, port: daemon.lineTls, ...from, ...trust() })
    const client = new LineClient(socket.setNoDelay(), mode)
    await once(socket, transport === 'TCP' ? 'connect' : 'secureConnect')
    return client
  }

  /** Everything received so far. */
  get received(): Buffer {
    return Buffer.concat(this.#received)
  }

  /** Sends lines, each ended by CR LF or a message of its own, as one piece if the mode does not cut it. */
  send(...lines: string[]): void {
    if (this.#websocket) this.#send(Buffer.concat(lines.map((line) => clientFrame(line))))
    else this.#send(Buffer.from(lines.map((line) => `${line}\r\n`).join('')))
  }

  /** Sends bytes as they are, or as one message, behind what is being sent. */
  write(bytes: string | Buffer): void {
    this.#send(this.#websocket ? clientFrame(bytes) : Buffer.from(bytes))
  }

  #send(buffer: Buffer): void {
    this.#sending = this.#sending.then(() => this.#write(buffer))
  }

  /** The next line. */
  next(): Promise<ServerLine> {
    return this.#lines.next()
  }

  /** The next so many lines. */
  take(count: number): Promise<ServerLine[]> {
    return this.#lines.take(count)
  }

  /** The lines up to the first that fits, this one included. */
  until(fits: (line: ServerLine) => boolean): Promise<ServerLine[]> {
    return this.#lines.until(fits)
  }

  /** Sends one line and gives the next one back. */
  ask(line: string): Promise<ServerLine> {
    this.send(line)
    return this.next()
  }

  /**
   * Everything that came, and that the lines sent so far bring: as replies keep their order, the one to a /ping is behind
   * it all.
   */
  async rest(): Promise<ServerLine[]> {
    const mark = `mark${this.#pings++}`
    this.send(`/ping ${mark}`)
    const lines = await this.until((line) => line.type === 'commandResult' && line.result === `PONG ${mark}`)
    return lines.slice(0, -1)
  }

  /** Says that nothing more will be sent. */
  end(): void {
    void this.#sending.then(() => (this.#websocket ? this.#websocket.close(1000) : this.socket.end()))
  }

  async #write(buffer: Buffer): Promise<void> {
    for (const piece of pieces(buffer, this.#mode)) {
      this.socket.write(piece)
      // So that the pieces travel on their own.
      if (this.#mode !== 'whole') await turn()
    }
  }
}

/** Compiled, as tests read lines by the hundred thousand. */
const schema = Compile(SERVER_LINE)

/** One line from a server; throws when it is none that the published schema knows. */
export function readLine(line: string): ServerLine {
  const value: unknown = JSON.parse(line)
  if (!schema.Check(value)) throw new Error(`not what a server says: ${line}`)
  return value
}

function pieces(buffer: Buffer, mode: Mode): Buffer[] {
  if (mode === 'whole' || buffer.length < 2) return [buffer]
  if (mode === 'bytes') return Array.from(buffer, (byte) => Buffer.from([byte]))
  const middle = buffer.length >> 1
  return [buffer.subarray(0, middle), buffer.subarray(middle)]
}
