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
}

export async function openRelay(target: number): Promise<Relay> {
  const open = new Set<Socket>()
  let count = 0
  const server = createServer((client) => {
    count++
    const upstream = connect(target, '127.0.0.1')
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
    get count() {
      return count
    },
  }
}
