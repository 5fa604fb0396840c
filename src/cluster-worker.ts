import cluster from 'node:cluster'
import { once } from 'node:events'
import { settledWithin } from './within.ts'

/** How long the primary process may take to let a worker go, in ms. */
const PATIENCE_MS = 2_000

/**
 * Disconnects a worker of a cluster from the primary process, which then hands it no connections any more; does nothing in any
 * other process. A connection that is on its way is given back, for another worker. If the worker exited before that, its client
 * would wait for ever, and the primary process would keep a descriptor.
 */
export async function leaveCluster(): Promise<void> {
  const { worker } = cluster
  if (!worker?.isConnected()) return
  const disconnected = once(worker, 'disconnect')
  worker.disconnect()
  await settledWithin(disconnected, PATIENCE_MS)
}
