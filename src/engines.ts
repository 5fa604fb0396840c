/** Creates the engine of a configuration. */
import { type Config, fileOf } from './config.ts'
import type { Engine } from './engine/engine.ts'
import { LocalEngine } from './engine/local/local.ts'
import type { EngineObserver, Retention } from './engine/observer.ts'
import { type RedisLocation, redisLocationOf } from './engine/redis/url.ts'
import { type ExportSource, type ImportTarget, Unfit } from './engine/transfer.ts'
import { rereadSecretFile } from './secret-files.ts'

/** Changes that an engine makes to the store when it starts, and its retention. */
interface EngineSettings {
  /** Slug that room 1 gets; it keeps its own if none is given. */
  readonly lobby: string | undefined
  readonly keep: Retention
}

/** Returns the engine settings of a daemon. */
export function settingsOf(config: Config): EngineSettings {
  return { lobby: config.lobby, keep: { days: config['keep-days'], events: config['keep-events'] } }
}

/** Creates the engine; the Redis engine is loaded only if it is used. */
export async function engineOf(config: Config, settings: EngineSettings, observer: EngineObserver): Promise<Engine> {
  const common = { ...settings, memory: { events: config['memory-events'], bytes: config['memory-bytes'] } }
  const place = placeOf(config)
  if (!place)
    return new LocalEngine(
      { ...common, file: fileOf(config) ?? ':memory:', sync: config.sync, search: config.search },
      observer,
    )
  const { RedisEngine } = await import('./engine/redis/redis.ts')
  const file = config['redis-file']
  const renew = file !== undefined && { renew: credentialsIn(file, place) }
  return new RedisEngine({ ...common, place, ...renew, prefix: config['redis-prefix'] }, observer)
}

/** Returns the function that reads a place of Redis from its file again. What was read last holds while the file names another place, or none. */
function credentialsIn(file: string, place: RedisLocation): () => Promise<RedisLocation> {
  let known = place
  return async () => {
    const read = redisLocationOf(await rereadSecretFile(file).catch(() => ''))
    if (read?.shown === place.shown) known = read
    return known
  }
}

/**
 * Opens the store for an export.
 *
 * @throws {Unfit}
 * @throws {EngineFault}
 */
export async function exportSourceOf(config: Config): Promise<ExportSource> {
  const place = placeOf(config)
  if (!place) return (await import('./engine/local/export.ts')).LocalExport.open(fileToKeep(config))
  return (await import('./engine/redis/export.ts')).RedisExport.open(place, config['redis-prefix'])
}

/**
 * Opens the store for an import.
 *
 * @throws {Unfit}
 * @throws {EngineFault}
 */
export async function importTargetOf(config: Config): Promise<ImportTarget> {
  const place = placeOf(config)
  if (!place) return (await import('./engine/local/import.ts')).LocalImport.open(fileToKeep(config))
  return (await import('./engine/redis/import.ts')).RedisImport.open(place, config['redis-prefix'])
}

function placeOf({ redis }: Config): RedisLocation | undefined {
  return redis === undefined ? undefined : redisLocationOf(redis)
}

function fileToKeep(config: Config): string {
  const file = fileOf(config)
  if (file === undefined) throw new Unfit('--data :memory: keeps nothing')
  return file
}
