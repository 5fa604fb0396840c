import type { Socket } from 'node:net'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { ClientLink, Conversation } from './conversation.ts'
import { readBehindFirstBytes, type Stranger } from './first-bytes.ts'
import type { Framing } from './framing.ts'
import { keepReading } from './keep-reading.ts'
import { type ListenerOptions, ListeningPort } from './listener.ts'
import type { Receiver, Transport } from './transport.ts'

/** A connection over TCP or TLS. */
class SocketTransport implements Transport<Buffer> {
  readonly socket: Socket
  readonly held = 0
  /** Short, as `nc` on a terminal does not close its side after the server has. */
  readonly lingerMs = 500

  /** With `readsToEnd`, input is read to its end although writes fail. */
  constructor(socket: Socket, readsToEnd = false) {
    this.socket = socket
    if (readsToEnd) keepReading(socket)
  }

  open(receiver: Receiver<Buffer>): void {
    readBehindFirstBytes(
      this.socket,
      (chunk) => void receiver.receive(chunk),
      (stranger) => refuse(stranger, receiver),
    )
    this.socket.on('end', () => receiver.ended())
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    if (this.socket.isPaused()) this.socket.resume()
  }

  end(_: unknown, sent: () => void): void {
    this.socket.once('finish', sent).end()
    // Closing a socket with unread input resets the connection, and the client loses the last bytes.
    this.socket.removeAllListeners('data').resume()
  }
}

/** Ends the connection of a client that speaks another protocol. */
function refuse(stranger: Stranger, receiver: Receiver<Buffer>): void {
  if (stranger === 'utf-16') receiver.disconnect('utf-16')
  else receiver.disconnect('wrong-protocol', stranger === 'tls' ? 'TLS is not spoken on this port' : undefined)
}

/** Options of a port over TCP or TLS: its connections, their framing and their conversations. */
interface SocketListenerOptions<Unit> extends Pick<ListenerOptions, 'name' | 'admission' | 'certificate'> {
  readonly options: ConnectionOptions
  readonly framing: () => Framing<Buffer, Unit>
  readonly converse: (link: ClientLink) => Conversation<Unit>
}

/** Returns a port over TLS, or over TCP without a certificate. */
export function socketListener<Unit extends { readonly length: number }>({
  options,
  framing,
  converse,
  ...listener
}: SocketListenerOptions<Unit>): ListeningPort {
  const { log, tally, lastWord, readsToEnd } = options
  return new ListeningPort({
    ...listener,
    log,
    tally,
    lastWord,
    welcome: (socket, address) =>
      new Connection(new SocketTransport(socket, readsToEnd), framing(), converse, options, address),
  })
}
