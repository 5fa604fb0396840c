/** Entry point of the store's thread. */
import { parentPort, workerData } from 'node:worker_threads'
import type { StoreOptions } from './messages.ts'
import { serveStore } from './store-port.ts'

if (parentPort) serveStore(parentPort, workerData as StoreOptions)
