/** Stores that no server uses, to be filled, or to be asked without one. */
import { join } from 'node:path'
import type { Engine } from '../src/engine/engine.ts'
import { LocalEngine } from '../src/engine/local/local.ts'
import { RedisEngine } from '../src/engine/redis/redis.ts'
import type { Server } from './server.ts'

/** A data folder, or a Redis. */
export type Store = string | Server

const SETTINGS = { keep: { days: 0, events: 0 }, lobby: 'lobby', memory: { events: 1, bytes: 1_024 } }
const SILENT = { trouble: () => {}, recovered: () => {}, died: () => {} }

/** Runs `work` with the engine of a store. */
export async function inStore<T>(store: Store, work: (engine: Engine) => Promise<T>): Promise<T> {
  const url = urlOf(store)
  const engine = url
    ? new RedisEngine({ ...SETTINGS, place: { url, shown: url, database: 0 }, prefix: 'roomd' }, SILENT)
    : new LocalEngine({ ...SETTINGS, file: join(String(store), 'roomd.db'), sync: 'normal' }, SILENT)
  await engine.start()
  try {
    return await work(engine)
  } finally {
    await engine.stop()
  }
}

/** The settings of a server that uses a store. */
export function serverOn(store: Store) {
  const url = urlOf(store)
  return url ? { options: ['--redis', url] } : { data: String(store) }
}

function urlOf(store: Store): string | undefined {
  return typeof store === 'string' ? undefined : `redis://127.0.0.1:${store.port}`
}
