import { once } from 'node:events'
import { chmod, lstat, rename, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Logger } from 'pino'
import split2 from 'split2'
import { readObject } from '../protocols/json.ts'
import type { ControlReply } from './operation.ts'
import type { ControlRequest } from './operations.ts'
import { readRequest } from './request.ts'

/** Maximum bytes of the path of a Unix socket: `sun_path` of Linux, or of BSD and macOS, without the terminating NUL. */
const MAX_PATH = process.platform === 'linux' ? 107 : 103
/** Maximum time in which a client sends its request. */
const REQUEST_MS = 60_000

/** Returns the path of the control socket in a data folder. */
export function controlPathOf(folder: string): string {
  return join(folder, 'control.sock')
}

/**
 * The control socket in the data folder, for the operator's commands: a request is a line of JSON, and so is each part of the reply.
 * Only the daemon's own user has access. An existing socket is that of a dead daemon, as this process has locked the folder.
 */
export class ControlSocket {
  readonly #path: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #log: Logger
  readonly #answer: (request: ControlRequest) => AsyncIterable<ControlReply>

  /** Opens the socket. Resolves with undefined, and logs the reason, if that fails. */
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
      socket.setTimeout(REQUEST_MS, () => socket.destroy())
      socket.on('error', () => {})
      const leave = () => void socket.end()
      const lines = socket.pipe(split2('\n')).once('end', leave)
      lines.once('data', (line: string) => {
        lines.off('end', leave)
        // An operation may take longer.
        socket.setTimeout(0)
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

  /** Listens at a temporary path first, so that no other user can connect before the permissions are set. */
  async #listen(temporary: string): Promise<void> {
    await rm(temporary, { force: true })
    // The workers of a cluster do not share the socket.
    this.#server.listen({ path: temporary, exclusive: true })
    await once(this.#server, 'listening')
    this.#server.on('error', (error) => this.#log.warn({ err: error }, 'control socket error'))
    try {
      await chmod(temporary, 0o600)
      await rename(temporary, this.#path)
    } catch (error) {
      this.#server.close()
      throw error
    }
  }

  /** Replies to the only request of a connection. */
  async #serve(socket: Socket, line: string): Promise<void> {
    const replies = Readable.from(this.#replies(readRequest(readObject(line) ?? {})))
    await pipeline(replies, socket).catch((error) =>
      this.#log.debug({ err: error }, 'cannot reply on the control socket'),
    )
  }

  async *#replies(request: ControlRequest | undefined): AsyncGenerator<string> {
    const line = (reply: ControlReply) => `${JSON.stringify(reply)}\n`
    if (!request) return yield line({ failed: 'unknown request' })
    try {
      for await (const reply of this.#answer(request)) yield line(reply)
    } catch (error) {
      this.#log.error({ err: error, action: request.action }, 'operation failed')
      yield line({ failed: 'the operation failed; see the log of the daemon' })
    }
  }
}
