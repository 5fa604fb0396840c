import cluster from 'node:cluster'
import { once } from 'node:events'
import { settledWithin } from './within.ts'

/** Maximum time in which the primary process disconnects a worker. */
const DISCONNECT_MS = 2_000

/**
 * Disconnects a worker of a cluster from the primary process, which then passes it no further connections; does nothing in other
 * processes. A connection in transit goes back to the primary process, for another worker. If the worker exited before that, the
 * client would wait for ever, and the primary process would leak a descriptor.
 */
export async function leaveCluster(): Promise<void> {
  const { worker } = cluster
  if (!worker?.isConnected()) return
  const disconnected = once(worker, 'disconnect')
  worker.disconnect()
  await settledWithin(disconnected, DISCONNECT_MS)
}
