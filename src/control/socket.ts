import { once } from 'node:events'
import { chmod, lstat, rename, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Logger } from 'pino'
import split2 from 'split2'
import { readObject } from '../protocols/json.ts'
import type { ControlReply, ControlRequest } from './operations.ts'

/** Maximum bytes of the path of a Unix socket: `sun_path` of Linux, or of BSD and macOS, without the NUL behind it. */
const MAX_PATH = process.platform === 'linux' ? 107 : 103
/** Time in which a client has to send its request, and to read some of its answer, in ms. */
const IDLE_MS = 60_000

/** The path of the control socket of the daemon on a folder. */
export function controlPathOf(folder: string): string {
  return join(folder, 'control.sock')
}

/**
 * Listens for operators in the folder of the data: a request is a line of JSON, and so is each part of its answer. Only the
 * daemon's own user gets through. The folder is locked by this process: a socket that is found there is a dead daemon's.
 */
export class ControlSocket {
  readonly #path: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #log: Logger
  readonly #answer: (request: ControlRequest) => AsyncIterable<ControlReply>

  /** Resolves with undefined, and logs the reason, where no socket can be opened. */
  static async open(
    folder: string,
    log: Logger,
    answer: (request: ControlRequest) => AsyncIterable<ControlReply>,
  ): Promise<ControlSocket | undefined> {
    const path = controlPathOf(folder)
    try {
      if (Buffer.byteLength(path) > MAX_PATH) throw new Error(`its path is longer than ${MAX_PATH} bytes`)
      const found = await lstat(path).catch(() => undefined)
      if (found && !found.isSocket()) throw new Error('there is something else of that name')
      const socket = new ControlSocket(path, log, answer)
      await socket.#listen(join(folder, '.control'))
      return socket
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ path, reason }, 'no control socket: roomd room and roomd account cannot reach this daemon')
      return undefined
    }
  }

  private constructor(path: string, log: Logger, answer: (request: ControlRequest) => AsyncIterable<ControlReply>) {
    this.#path = path
    this.#log = log
    this.#answer = answer
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket.on('close', () => this.#sockets.delete(socket)))
      socket.setTimeout(IDLE_MS, () => socket.destroy())
      socket.on('error', () => {})
      const leave = () => void socket.end()
      const lines = socket.pipe(split2('\n')).once('end', leave)
      lines.once('data', (line: string) => {
        lines.off('end', leave)
        void this.#serve(socket, line)
      })
    })
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    await rm(this.#path, { force: true })
  }

  /** Under another name first: nobody else may connect before the rights are set. */
  async #listen(temporary: string): Promise<void> {
    await rm(temporary, { force: true })
    // Not shared with other workers of a cluster.
    this.#server.listen({ path: temporary, exclusive: true })
    await once(this.#server, 'listening')
    this.#server.on('error', (error) => this.#log.warn({ err: error }, 'the control socket fails'))
    try {
      await chmod(temporary, 0o600)
      await rename(temporary, this.#path)
    } catch (error) {
      this.#server.close()
      throw error
    }
  }

  /** Answers the only request of a connection. */
  async #serve(socket: Socket, line: string): Promise<void> {
    const replies = Readable.from(this.#replies(requestOf(line)))
    await pipeline(replies, socket).catch((error) => this.#log.debug({ err: error }, 'an operator was not answered'))
  }

  async *#replies(request: ControlRequest | undefined): AsyncGenerator<string> {
    const line = (reply: ControlReply) => `${JSON.stringify(reply)}\n`
    if (!request) return yield line({ failed: 'the daemon does not know what was asked' })
    try {
      for await (const reply of this.#answer(request)) yield line(reply)
    } catch (error) {
      this.#log.error({ err: error, action: request.action }, 'an operation failed')
      yield line({ failed: 'it failed; the log of the daemon has the reason' })
    }
  }
}

/** Parses a request; undefined for anything else. */
function requestOf(line: string): ControlRequest | undefined {
  const { action, name, password } = readObject(line) ?? {}
  switch (action) {
    case 'room list':
    case 'account list':
      return { action }
    case 'room close':
    case 'account remove':
      return typeof name === 'string' ? { action, name } : undefined
    case 'account password':
      return typeof name === 'string' && typeof password === 'string' ? { action, name, password } : undefined
    default:
      return undefined
  }
}
