/** A client of IRC for tests: lines in, lines out. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import split2 from 'split2'
import { certificate } from '../support/certificate.ts'
import { Inbox } from '../support/inbox.ts'

export class IrcClient {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  readonly #lines = new Inbox<string>()
  #pings = 0

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = once(socket, 'close')
    socket.on('error', () => {})
    socket
      .pipe(split2('\r\n'))
      .on('data', (line: string) => this.#lines.push(line))
      .on('end', () => this.#lines.end())
  }

  static async connect(port: number, isTls = false): Promise<IrcClient> {
    const host = '127.0.0.1'
    const socket = isTls
      ? connectTls({ host, port, ca: certificate().cert, servername: 'localhost' })
      : connect({ host, port })
    await once(socket, isTls ? 'secureConnect' : 'connect')
    return new IrcClient(socket)
  }

  /** A client that is registered, with capabilities; as the owner of an account with its password. */
  static async register(port: number, nick: string, caps = '', password?: string): Promise<IrcClient> {
    const client = await IrcClient.connect(port)
    if (caps !== '') client.send(`CAP REQ :${caps}`)
    if (password !== undefined) client.send(`PASS :${password}`)
    client.send(`NICK ${nick}`, `USER ${nick.replaceAll(' ', '_')} 0 * :${nick}`)
    if (caps !== '') client.send('CAP END')
    await client.until(/ (422|376) /)
    return client
  }

  send(...lines: string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  next(): Promise<string> {
    return this.#lines.next()
  }

  /** The lines up to the first that matches, this one included. */
  until(pattern: RegExp): Promise<string[]> {
    return this.#lines.until((line) => pattern.test(line))
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
