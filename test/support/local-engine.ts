import { join } from 'node:path'
import { LocalEngine } from '../../src/engine/local/local.ts'

const UNOBSERVED = { trouble: () => {}, recovered: () => {}, died: () => {} }

/** Starts the engine of a daemon with the store in a folder. The caller stops it. */
export async function localEngineIn(
  folder: string,
  observer: ConstructorParameters<typeof LocalEngine>[1] = UNOBSERVED,
): Promise<LocalEngine> {
  const memory = { events: 1_000, bytes: 1_000_000 }
  const keep = { days: 0, events: 0 }
  const engine = new LocalEngine(
    { file: join(folder, 'roomd.db'), sync: 'normal', keep, lobby: 'lobby', memory },
    observer,
  )
  await engine.start()
  return engine
}
