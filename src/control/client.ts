import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import split2 from 'split2'
import { EngineFault } from '../engine/errors.ts'
import type { ControlReply } from './operation.ts'
import type { ControlRequest } from './operations.ts'

/** Error codes if no daemon listens: no socket, that of a dead daemon, or a path that is too long. */
const NO_DAEMON = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'EINVAL', 'ENAMETOOLONG', 'ENOTSOCK'])

/** Maximum time without a part of the reply. */
const ANSWER_MS = 60_000

/**
 * Sends a request to the daemon on a control socket. Resolves with undefined if there is none.
 *
 * @throws {EngineFault} also while the reply is read
 */
export async function askDaemon(
  path: string,
  request: ControlRequest,
  answerMs = ANSWER_MS,
): Promise<AsyncIterable<ControlReply> | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (NO_DAEMON.has(code)) return undefined
    const why = code === 'EACCES' ? 'permission denied; run this command as the user of the daemon' : message
    throw new EngineFault(`cannot reach the daemon at ${path}: ${why}`)
  }
  // A daemon that is suspended, or waits for its disk, accepts connections and says nothing.
  const silent = new EngineFault(`the daemon at ${path} does not answer; it may still do what it was asked for`)
  socket.setTimeout(answerMs, () => socket.destroy(silent))
  socket.write(`${JSON.stringify(request)}\n`)
  return repliesOf(socket)
}

async function* repliesOf(socket: Socket): AsyncGenerator<ControlReply> {
  // The daemon writes valid replies.
  const lines = pipeline(socket, split2('\n', JSON.parse), () => {})
  try {
    for await (const reply of lines as AsyncIterable<ControlReply>) {
      yield reply
      if ('done' in reply || 'failed' in reply) return
    }
  } catch (error) {
    if (error instanceof EngineFault) throw error
    throw new EngineFault('the daemon stopped before it replied', { cause: error })
  }
  throw new EngineFault('the daemon stopped before it replied')
}
