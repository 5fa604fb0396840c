/** Puts engine, chat and protocols together: start, ready, drain, stop. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { Chat } from './chat/chat.ts'
import { type Config, ConfigError } from './config.ts'
import { EngineFault } from './engine/engine.ts'
import { LocalEngine } from './engine/local/local.ts'
import { Admission } from './protocols/admission.ts'
import { encoder } from './protocols/line/json.ts'
import { lineListener } from './protocols/line/line.ts'
import { LineWire, lastLine } from './protocols/line/wire.ts'
import type { Address, Certificate, Protocol } from './protocols/protocol.ts'

export interface Daemon {
  /** What listens where, by the protocol's name. */
  readonly addresses: ReadonlyMap<string, Address>
  /** Drains within the configured time, then closes everything. Never rejects; calling it twice stops once. */
  stop(): Promise<void>
  /** Resolves with what has made it impossible to go on. */
  readonly died: Promise<EngineFault>
}

/** Starts everything the configuration names, or nothing. Rejects with {@link ConfigError} or {@link EngineFault}. */
export async function startDaemon(config: Config, log: Logger): Promise<Daemon> {
  const started = performance.now()
  const { promise: died, resolve: die } = Promise.withResolvers<EngineFault>()
  const tls = await readTls(config)
  const engine = new LocalEngine(
    {
      file: config.data === ':memory:' ? ':memory:' : join(config.data, 'roomd.db'),
      sync: config.sync,
      lobby: config.lobby,
      keep: { days: config['keep-days'], events: config['keep-events'] },
      memory: { events: config['memory-events'], bytes: config['memory-bytes'] },
    },
    {
      trouble: (reason) =>
        log.error({ reason }, 'cannot commit; lines are answered with an error until it works again'),
      recovered: () => log.info('commits work again'),
      died: die,
    },
  )
  await engine.start()
  const chat = new Chat(engine, { maxText: config['max-text'] })
  const protocols = protocolsOf(config, chat, log, tls)

  let stopping: Promise<void> | undefined
  const addresses = new Map<string, Address>()
  const stop = async (): Promise<void> => {
    const abort = setTimeout(() => {
      log.warn('clients did not take their last lines in time')
      for (const { protocol } of protocols) protocol.abort()
    }, config['drain-timeout'] * 1_000)
    await Promise.all(protocols.map(({ protocol }) => protocol.stop()))
    clearTimeout(abort)
    await chat.stop()
    await engine.stop()
  }

  try {
    for (const { protocol, port } of protocols) {
      const address = await protocol.listen(config.host, port)
      addresses.set(protocol.name, address)
      log.info({ protocol: protocol.name, ...address }, 'listening')
    }
  } catch (error) {
    await stop()
    throw new EngineFault(whyNot(error, config.host))
  }
  log.info({ ms: Math.round(performance.now() - started) }, 'ready')

  return { addresses, died, stop: () => (stopping ??= stop()) }
}

/** A protocol is one line here. */
function protocolsOf(config: Config, chat: Chat, log: Logger, tls: Certificate | undefined) {
  const admission = new Admission({
    maxConnections: config['max-connections'],
    maxPerAddress: config['max-per-address'],
  })
  const encode = encoder(config['line-ascii'])
  const line = {
    chat,
    encode,
    wire: new LineWire(encode),
    lastWord: lastLine(encode),
    log,
    maxLine: config['max-line'],
    maxQueue: config['max-queue'],
    pace: { rate: config['max-rate'], burst: config['max-burst'] },
    loginTimeout: config['login-timeout'] * 1_000,
  }
  const protocols: { protocol: Protocol; port: number }[] = []
  const add = (port: number | undefined, make: () => Protocol) => {
    if (port !== undefined) protocols.push({ protocol: make(), port })
  }
  add(config.line, () => lineListener(line, admission))
  add(config['line-tls'], () => lineListener(line, admission, tls))
  return protocols
}

async function readTls(config: Config): Promise<Certificate | undefined> {
  const { 'tls-cert': cert, 'tls-key': key } = config
  if (cert === undefined || key === undefined) return undefined
  const read = (flag: string, file: string) =>
    readFile(file).catch((error: Error) => {
      throw new ConfigError(`--${flag}: ${error.message}`)
    })
  return { cert: await read('tls-cert', cert), key: await read('tls-key', key) }
}

function whyNot(error: unknown, host: string): string {
  if (!(error instanceof Error)) return String(error)
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is in use`
  if (code === 'EACCES') return `port ${port} on ${host} needs more rights`
  if (code === 'EADDRNOTAVAIL') return `${host} is no address of this machine`
  if (code === 'ENOTFOUND') return `--host ${host} is not known`
  return error.message
}
