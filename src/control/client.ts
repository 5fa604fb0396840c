import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import split2 from 'split2'
import { EngineFault } from '../engine/errors.ts'
import type { ControlRequest } from './operations.ts'
import type { ControlReply } from './reply.ts'

/** Error codes if no daemon listens: no socket, that of a dead daemon, or a path that is too long. */
const NO_DAEMON = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'EINVAL', 'ENAMETOOLONG', 'ENOTSOCK'])

/**
 * Sends a request to the daemon on a control socket. Resolves with undefined if there is none.
 *
 * @throws {EngineFault}
 */
export async function askDaemon(
  path: string,
  request: ControlRequest,
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
    throw new EngineFault('the daemon stopped before it replied', { cause: error })
  }
  throw new EngineFault('the daemon stopped before it replied')
}
