/** Ports that something is started on later, or again. */
import { once } from 'node:events'
import { createServer, type ListenOptions } from 'node:net'

/** Below the range from which Linux chooses ports for connections and for port 0, and below the ports of common services. */
const RANGE = { first: 20_000, last: 27_000 }

let next = RANGE.first + Math.floor(Math.random() * (RANGE.last - RANGE.first))

/**
 * Returns a port that nobody listens on and that no other test is given, also in another process, until this process ends. A port that
 * the system has chosen and that has been closed again may belong to somebody else by the time it is used.
 */
export async function reservePort(): Promise<number> {
  for (;;) {
    const port = next++
    if (next > RANGE.last) next = RANGE.first
    // An address without a file, which the kernel gives to one socket.
    const reservation = await listening({ path: `\0roomd test port ${port}` })
    if (!reservation) continue
    const server = await listening({ port })
    if (server) {
      server.close()
      await once(server, 'close')
      return port
    }
    reservation.close()
  }
}

async function listening(where: ListenOptions) {
  const server = createServer().unref().listen(where)
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  )
}
