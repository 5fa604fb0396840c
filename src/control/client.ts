import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import split2 from 'split2'
import { EngineFault } from '../engine/engine.ts'
import type { ControlReply, ControlRequest } from './operations.ts'

/** The codes of errors that say that nobody listens: no socket, a dead daemon's, or a path too long for one. */
const NOBODY = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'EINVAL', 'ENAMETOOLONG', 'ENOTSOCK'])

/** Asks the daemon behind a socket; undefined when there is none. Rejects with {@link EngineFault}. */
export async function askDaemon(
  path: string,
  request: ControlRequest,
): Promise<AsyncIterable<ControlReply> | undefined> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (NOBODY.has(code)) return undefined
    const why = code === 'EACCES' ? 'only its own user may ask it' : message
    throw new EngineFault(`cannot reach the daemon at ${path}: ${why}`)
  }
  socket.write(`${JSON.stringify(request)}\n`)
  return repliesOf(socket)
}

async function* repliesOf(socket: Socket): AsyncGenerator<ControlReply> {
  // Only daemons write here.
  const lines = pipeline(socket, split2('\n', JSON.parse), () => {})
  try {
    for await (const reply of lines as AsyncIterable<ControlReply>) {
      yield reply
      if ('done' in reply || 'failed' in reply) return
    }
  } catch (error) {
    throw new EngineFault('the daemon has stopped before it had answered', { cause: error })
  }
  throw new EngineFault('the daemon has stopped before it had answered')
}
