/** A relay between clients and a port, whose connections a test can cut. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Relay {
  readonly port: number
  /** Connections so far. */
  readonly count: number
  /** Resets every connection. */
  cut(): void
  /** Resets connections to come as soon as they are open, or lets them through again. */
  hold(on: boolean): void
  /** Resets every connection of a client, which the other side is not told. */
  strand(): void
  /** Lets nothing through to the clients that there are. */
  mute(): void
  /** Lets nothing through on the connections that there are, or goes on. */
  stall(on: boolean): void
}

/** @param target the port, or a function that returns the port of the next connection */
export async function openRelay(target: number | (() => number)): Promise<Relay> {
  const open = new Set<Socket>()
  const clients = new Set<Socket>()
  let count = 0
  let isHeld = false
  const server = createServer((client) => {
    count++
    if (isHeld) {
      client.on('error', () => {}).resetAndDestroy()
      return
    }
    clients.add(client)
    const upstream = connect(typeof target === 'number' ? target : target(), '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket.setNoDelay())
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy()
  }
  onTestFinished(() => {
    cut()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    strand: () => {
      for (const client of clients) client.removeAllListeners('close').resetAndDestroy()
    },
    mute: () => {
      for (const socket of open) if (!clients.has(socket)) socket.unpipe().resume()
    },
    stall: (on) => {
      for (const socket of open) socket[on ? 'pause' : 'resume']()
    },
    hold: (on) => {
      isHeld = on
    },
    get count() {
      return count
    },
  }
}
