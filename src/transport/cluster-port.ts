/**
 * The end of a listening server in a worker of a cluster. The primary process accepts the connections and hands them over to its workers,
 * for each port one at a time. Node.js gives back what arrives after the worker has closed its server. If no other worker listens
 * any more, the primary process keeps such a connection for ever, and its client waits in vain. A worker therefore accepts connections until the
 * primary process has confirmed that none follows.
 *
 * Messages and handles are internals of Node.js (lib/internal/cluster/child.js and round_robin_handle.js).
 */
import type { AddressInfo, Server } from 'node:net'

/** Maximum time in which a stopping worker accepts what the primary process has accepted. */
const EMPTY_QUEUE_MS = 2_000
/** Round trips without a connection after which no connection waits in the primary process. */
const QUIET_TRIPS = 3

/** Marks the messages between the processes of a cluster. */
const CLUSTER = 'NODE_CLUSTER'

/** The handle of a server for which the primary process accepts. */
interface WorkerHandle {
  /** Tells the primary process that the worker takes no further connections. */
  close(): void
  onconnection(status: number, connection: ConnectionHandle): void
  /** A handle that accepts by itself (`NODE_CLUSTER_SCHED_POLICY=none`) has a descriptor. */
  readonly fd?: number
}

interface ConnectionHandle {
  getsockname(name: Partial<AddressInfo>): number
}

/** A message of the primary process: `act` says that a connection comes with it, or `ack` answers the message with this `seq`. */
interface ClusterMessage {
  cmd: string
  readonly act?: string
  readonly seq?: number
  readonly ack?: number | string
}

/** Handles whose end the primary process has not confirmed yet, by port. */
const leaving = new Map<number, WorkerHandle>()
/** Called when the primary process has answered the message with this `seq`. */
const awaited = new Map<string, () => void>()
let trips = 0

/**
 * Has the primary process hand over no further connections to a server, and accepts what is on its way. Resolves when the server can be
 * closed without a loss. `accepted` returns the number of connections accepted so far.
 */
export async function leavePort(server: Server, accepted: () => number): Promise<void> {
  const { _handle: handle } = server as unknown as { _handle: WorkerHandle }
  if (handle.fd !== undefined) return
  const deadline = performance.now() + EMPTY_QUEUE_MS
  for (let quiet = 0; quiet < QUIET_TRIPS && performance.now() < deadline; ) {
    const count = accepted()
    await roundTrip()
    quiet = accepted() === count ? quiet + 1 : 0
  }
  // A listening TCP server's address is neither a path nor null.
  const { port } = server.address() as AddressInfo
  leaving.set(port, handle)
  handle.close()
  await roundTrip()
  leaving.delete(port)
}

/** Resolves when the primary process has read everything that this one has sent, and this one what it sent before. */
async function roundTrip(): Promise<void> {
  if (!process.connected) return
  const messages: NodeJS.EventEmitter = process
  if (trips === 0) messages.prependListener('internalMessage', receive)
  const seq = `roomd ${++trips}`
  const { promise, resolve } = Promise.withResolvers<void>()
  awaited.set(seq, resolve)
  messages.once('disconnect', resolve)
  // Of the messages that the primary process answers the only one that has no other effect on a worker that stops.
  process.send?.({ cmd: CLUSTER, act: 'exitedAfterDisconnect', seq })
  await promise
  messages.off('disconnect', resolve)
  awaited.delete(seq)
}

/** Reads a message before Node.js does. */
function receive(message: ClusterMessage, connection?: ConnectionHandle): void {
  if (message.cmd !== CLUSTER) return
  if (typeof message.ack === 'string') awaited.get(message.ack)?.()
  if (message.act !== 'newconn' || connection === undefined) return
  const at: Partial<AddressInfo> = {}
  connection.getsockname(at)
  const handle = leaving.get(at.port ?? 0)
  if (handle === undefined) return
  // Node.js would give it back.
  message.cmd = 'ROOMD_TAKEN'
  process.send?.({ cmd: CLUSTER, ack: message.seq, accepted: true })
  handle.onconnection(0, connection)
}
