/** The line protocol over sockets, for Node. */
import { type NetConnectOpts, connect as openTcp, type Socket } from 'node:net'
import type { Dial, LineTransport, TransportListener } from '../transport.ts'

export function tcp(options: NetConnectOpts): Dial {
  return (listener) => carryLines(openTcp(options), 'connect', listener)
}

/** Carries lines over a socket. @param ready its event when it is open */
export function carryLines(
  socket: Socket,
  ready: string,
  { opened, received, closed }: TransportListener,
): LineTransport {
  let unfinished = ''
  let unsent = ''
  const flush = () => {
    socket.write(unsent)
    unsent = ''
  }
  socket.setNoDelay().setEncoding('utf8')
  socket.once(ready, opened)
  socket.on('data', (text: string) => {
    unfinished += text
    const end = unfinished.lastIndexOf('\n')
    if (end < 0) return
    const lines = unfinished.slice(0, end)
    unfinished = unfinished.slice(end + 1)
    received(lines)
  })
  let why: string | undefined
  // 'close' follows.
  socket.on('error', (error) => (why = systemReason(error)))
  socket.on('close', () => closed(why))
  const send = (line: string) => {
    // Lines of one tick leave in one write.
    if (unsent === '') process.nextTick(flush)
    unsent += `${line}\n`
  }
  const pause = (on: boolean) => void (on ? socket.pause() : socket.resume())
  return { send, close: () => socket.destroy(), pause }
}

/** Returns the first line of an error's text; of several attempts, as with `localhost`, that of the first one. */
export function systemReason(error: Error): string | undefined {
  const { message } = error instanceof AggregateError ? (error.errors[0] as Error) : error
  return message.split('\n', 1)[0] || undefined
}
