/** A client of IRC for tests: lines in, lines out. */
import { isUtf8 } from 'node:buffer'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import split2 from 'split2'
import type { WebSocket } from 'ws'
import { trust } from '../support/certificate.ts'
import { Inbox } from '../support/inbox.ts'
import { BINARY, clientFrame, openWebSocket, TEXT } from '../support/websocket.ts'

/** How clients reach the daemon: the kind of connection, and how what is sent is cut up, at random places or into single bytes. */
export interface IrcWay {
  readonly transport: 'TCP' | 'TLS' | 'text.ircv3.net' | 'binary.ircv3.net'
  readonly mode: 'whole' | 'split' | 'bytes'
}

export const PLAIN_WAY: IrcWay = { transport: 'TCP', mode: 'whole' }

/** The port of a listener, by its name. */
type Ports = (listener: string) => number

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
/** Number of pieces into which something is cut at random places, and of single bytes. */
const PIECES = 4
const MOST_SINGLE = 2_000

export class IrcClient {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  readonly #way: IrcWay
  readonly #websocket: WebSocket | undefined
  readonly #lines = new Inbox<string>()
  /** What a message is made of when its line is whole. */
  #unfinished = Buffer.alloc(0)
  #sending: Promise<unknown> = Promise.resolve()
  #pings = 0

  private constructor(socket: Socket, way: IrcWay, websocket?: WebSocket) {
    this.socket = socket
    this.#way = way
    this.#websocket = websocket
    this.closed = new Promise((resolve) => (websocket ?? socket).once('close', resolve))
    socket.on('error', () => {})
    if (websocket) {
      websocket.on('message', (data) => this.#lines.push(String(data)))
      websocket.on('error', () => {}).on('close', () => this.#lines.end())
      return
    }
    socket
      .pipe(split2('\r\n'))
      .on('data', (line: string) => this.#lines.push(line))
      .on('end', () => this.#lines.end())
  }

  static async connect(port: number, isTls = false): Promise<IrcClient> {
    return IrcClient.dial(() => port, { ...PLAIN_WAY, transport: isTls ? 'TLS' : 'TCP' })
  }

  static async dial(port: Ports, way: IrcWay): Promise<IrcClient> {
    const { transport } = way
    const host = '127.0.0.1'
    if (transport === 'TCP') {
      const socket = connect({ host, port: port('irc') }).setNoDelay()
      await once(socket, 'connect')
      return new IrcClient(socket, way)
    }
    if (transport === 'TLS') {
      const socket = connectTls({ host, port: port('irc-tls'), ...trust() }).setNoDelay()
      await once(socket, 'secureConnect')
      return new IrcClient(socket, way)
    }
    const { websocket, socket } = await openWebSocket(port('http'), '/irc', { protocol: transport })
    return new IrcClient(socket, way, websocket)
  }

  /** A client that is registered, with capabilities; as the owner of an account with its password. */
  static async register(port: number, nick: string, caps = '', password?: string): Promise<IrcClient> {
    return (await IrcClient.connect(port)).register(nick, caps, password)
  }

  async register(nick: string, caps = '', password?: string): Promise<this> {
    if (caps !== '') this.send(`CAP REQ :${caps}`)
    if (password !== undefined) this.send(`PASS :${password}`)
    this.send(`NICK ${nick}`, `USER ${nick.replaceAll(' ', '_')} 0 * :${nick}`)
    if (caps !== '') this.send('CAP END')
    await this.until(/ (422|376) /)
    return this
  }

  get isWebSocket(): boolean {
    return this.#websocket !== undefined
  }

  send(...lines: string[]): void {
    this.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  /** Sends bytes; over a WebSocket a message for each line, when it is whole. */
  write(bytes: string | Buffer): void {
    const output = this.#websocket ? this.#messages(Buffer.from(bytes)) : Buffer.from(bytes)
    if (this.#way.mode === 'whole') this.socket.write(output)
    else this.#sending = this.#sending.then(() => this.#inPieces(output))
  }

  #messages(bytes: Buffer): Buffer {
    const frames: Buffer[] = []
    let rest = Buffer.concat([this.#unfinished, bytes])
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      // Of CR a message has none.
      const line = rest.subarray(0, end).filter((byte) => byte !== CARRIAGE_RETURN)
      // A text that is not UTF-8 is no message at all.
      const isText = this.#way.transport === 'text.ircv3.net' && isUtf8(line)
      frames.push(clientFrame(Buffer.from(line), { opcode: isText ? TEXT : BINARY }))
      rest = rest.subarray(end + 1)
    }
    this.#unfinished = rest
    return Buffer.concat(frames)
  }

  async #inPieces(bytes: Buffer): Promise<void> {
    for (const piece of piecesOf(bytes, this.#way.mode)) {
      this.socket.write(piece)
      // So that the pieces travel on their own.
      await turn()
    }
  }

  next(): Promise<string> {
    return this.#lines.next()
  }

  /** The lines up to the first that matches, this one included. */
  until(pattern: RegExp): Promise<string[]> {
    return this.#lines.until((line) => pattern.test(line))
  }

  /** The nicknames whose QUIT the client is shown, up to so many. */
  async quits(count: number): Promise<string[]> {
    const nicks: string[] = []
    while (nicks.length < count) {
      const nick = /^:([^!]+)\S* QUIT/.exec(await this.next())?.[1]
      if (nick !== undefined) nicks.push(nick)
    }
    return nicks
  }

  /** Everything that the lines sent so far bring. */
  async rest(): Promise<string[]> {
    const token = `mark${this.#pings++}`
    this.send(`PING ${token}`)
    const lines = await this.until(new RegExp(`PONG roomd :${token}$`))
    return lines.slice(0, -1)
  }

  /** Sends lines and returns everything that they bring. */
  async ask(...lines: string[]): Promise<string[]> {
    this.send(...lines)
    return this.rest()
  }
}

function piecesOf(bytes: Buffer, mode: IrcWay['mode']): Buffer[] {
  if (mode === 'bytes' && bytes.length <= MOST_SINGLE) return Array.from(bytes, (byte) => Buffer.of(byte))
  const cuts = Array.from({ length: PIECES - 1 }, () => Math.floor(Math.random() * bytes.length)).sort((a, b) => a - b)
  return [0, ...cuts].map((cut, index) => bytes.subarray(cut, cuts[index] ?? bytes.length))
}
