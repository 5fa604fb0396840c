/** The composition root: creates engine, chat and protocols, starts and stops them. */
import type { Logger } from 'pino'
import type { Chat } from './chat/chat.ts'
import { RoomExpiry } from './chat/room-expiry.ts'
import type { Cost } from './chat/secrets.ts'
import { type Config, fileOf } from './config.ts'
import { createChat } from './configured-chat.ts'
import { carryOut } from './control/operations.ts'
import { ControlSocket } from './control/socket.ts'
import { EngineFault } from './engine/errors.ts'
import type { EngineObserver } from './engine/observer.ts'
import { engineOf, settingsOf } from './engines.ts'
import { openPorts } from './open-ports.ts'
import type { Option } from './option.ts'
import { certificateOf, renewCertificate } from './port-certificate.ts'
import { PROTOCOLS } from './protocols/all.ts'
import { Faults } from './protocols/operation/faults.ts'
import type { LogState, Vitals } from './protocols/operation/vitals.ts'
import type { PlacedPort, ProtocolHost } from './protocols/protocol.ts'
import { AddressList } from './transport/address-list.ts'
import { Admission } from './transport/admission.ts'
import { endFloods } from './transport/bounded-log.ts'
import { Descriptors } from './transport/descriptors.ts'
import { defaultMemoryLimit, MemoryBudget } from './transport/memory.ts'
import type { Address } from './transport/port.ts'
import { guestPace, type Pacing } from './transport/rate.ts'
import { Tally } from './transport/tally.ts'

const DAY_MS = 24 * 3_600_000

interface Daemon {
  /** Address of each listener, by its name. */
  readonly addresses: ReadonlyMap<string, Address>
  /** Drains within --drain-timeout, then closes everything. Idempotent; never rejects. */
  stop(): Promise<void>
  /** Resolves with a fatal error of the engine. */
  readonly died: Promise<EngineFault>
  /** Reloads the certificate for new connections. An invalid one is logged, and the old one stays in use. */
  reload(): Promise<void>
}

/** Parameters of a daemon that are not options. */
interface DaemonDetails {
  /** Version for /metrics. */
  readonly version?: string
  readonly logState?: LogState
  /** Cost of hashing a secret; the default of `Chat` if not given. */
  readonly cost?: Cost
  /** False if nobody connects while the daemon stops, which then takes less; true if not given. */
  readonly acceptsLast?: boolean
}

/**
 * Starts a daemon; if a part of it fails, stops the others.
 *
 * @throws {ConfigError}
 * @throws {EngineFault}
 */
export async function startDaemon(
  config: Config,
  log: Logger,
  { version = 'unknown', logState, cost, acceptsLast = true }: DaemonDetails = {},
): Promise<Daemon> {
  const started = performance.now()
  const { promise: died, resolve: die } = Promise.withResolvers<EngineFault>()
  const faults = new Faults(log)
  const observer: EngineObserver = {
    trouble: (reason, what = 'commits') => faults.begin(what, reason),
    recovered: (what = 'commits') => faults.end(what),
    warning: (reason) => log.warn({ reason }, 'store degraded; commits work'),
    evicted: () => log.warn('evicted: the lease of this node has expired; clients are told to reconnect'),
    lost: (reason) => log.error({ reason }, 'data loss: committed data is gone; continuing with the rest'),
    clockWentBack: (ms) =>
      log.warn({ seconds: ms / 1_000 }, 'the clock went back; ids still increase, times follow the clock'),
    died: die,
  }
  const engine = await engineOf(config, settingsOf(config), observer)
  const used = usedProtocols(config)
  // Loads the protocols while the store opens in its thread.
  for (const protocol of used) void protocol.load(config)
  await engine.start().catch((error: unknown) => {
    throw withQuestion(error)
  })
  const certificate = await certificateOf(config, log).catch(async (error: unknown) => {
    await engine.stop()
    throw error
  })
  const chat = createChat(engine, config, log, cost)
  await chat.addressBans.load().catch(async (error: unknown) => {
    await engine.stop()
    throw new EngineFault('cannot read the bans of addresses', { cause: error })
  })
  const expiry = new RoomExpiry(engine, chat.rooms, {
    ttlMs: config['room-ttl'] * DAY_MS,
    onExpire: ({ id, title }) =>
      log.info({ room: id, title }, 'room closed: empty, and without a message for --room-ttl'),
  })
  let stopping: Promise<void> | undefined
  let control: ControlSocket | undefined
  const tally = new Tally()
  const ports: PlacedPort[] = []
  const holders = () => ports.flatMap(({ port }) => [...port.holders])
  const memory = new MemoryBudget(config['memory-limit'] || defaultMemoryLimit(), { holders, engine }, log)
  const vitals: Vitals = {
    version,
    chat,
    engine,
    tally,
    memory,
    faults,
    logState,
    get draining() {
      return stopping !== undefined
    },
    traffic: () => new Map(ports.map(({ port }) => [port.name, port.traffic])),
    onCommit: (listener) => {
      observer.measured = listener
    },
  }
  const descriptors = new Descriptors(faults)

  const addresses = new Map<string, Address>()
  const host: ProtocolHost = {
    chat,
    log,
    tally,
    vitals,
    certificate,
    admission: new Admission({
      maxConnections: config['max-connections'],
      maxPerAddress: config['max-per-address'],
      ipv6Prefix: config['ipv6-prefix'],
      exhausted: () => memory.exhausted,
      banOf: (address) => chat.addressBans.find(address),
      descriptors,
    }),
    limits: {
      log,
      tally,
      maxQueueBytes: config['max-queue'],
      pacing: pacingOf(config),
      loginTimeoutMs: config['login-timeout'] * 1_000,
    },
    reload: () => (reloading = reloading.then(reload)),
    maxLine: config['max-line'],
    routes: async () => {
      const routes = await Promise.all(used.map((protocol) => protocol.routes?.(config, host)))
      return routes.filter((each) => each !== undefined)
    },
    httpPort: () => portText(addresses.get('http'), config['http-tls']),
    linePort: () => portText(addresses.get('line')) ?? portText(addresses.get('line-tls'), true),
    ircPort: () => portText(addresses.get('irc')) ?? portText(addresses.get('irc-tls'), true),
  }
  memory.start()
  expiry.start()

  const stop = async (): Promise<void> => {
    const abort = setTimeout(() => {
      log.warn('drain timeout: closing connections with unread output')
      for (const { port } of ports) port.abort()
    }, config['drain-timeout'] * 1_000)
    // Listeners that answer probes stop last, so that probes see the stop.
    for (const { port } of ports) port.drain()
    chat.drain()
    for (const answersProbes of [false, true]) {
      await Promise.all(ports.map(({ port }) => port.answersProbes === answersProbes && port.stop(acceptsLast)))
    }
    clearTimeout(abort)
    endFloods(log)
    await control?.close()
    expiry.stop()
    memory.stop()
    descriptors.stop()
    await chat.stop()
    await engine.stop()
  }

  let reloading = Promise.resolve()
  const reload = () => renewCertificate(certificate, ports, config, log)

  try {
    for (const protocol of used) ports.push(...((await protocol.listeners?.(config, host)) ?? []))
    chat.addressBans.watch(() => {
      for (const { port } of ports) port.expel((address) => chat.addressBans.find(address))
    })
    await openPorts(ports, addresses, config, log)
  } catch (error) {
    await stop()
    throw error
  }
  void warnOfMissing(config.admins, chat, log)
  // On Redis there is no control socket, as an operator's command runs as a node of its own.
  if (fileOf(config) !== undefined) {
    control = await ControlSocket.open(config.data, log, (request) => carryOut(chat, request))
  }
  const open = Object.fromEntries(Array.from(addresses, ([name, { port }]) => [name, port]))
  log.info({ ms: Math.round(performance.now() - started), ports: open }, 'ready')

  return {
    addresses,
    died,
    stop: () => (stopping ??= stop()),
    reload: host.reload,
  }
}

/** Returns the protocols with a port in this configuration, or with paths on the HTTP port. */
function usedProtocols(config: Config): readonly (typeof PROTOCOLS)[number][] {
  return PROTOCOLS.filter((protocol) => {
    const ports = Object.entries<Option>(protocol.options).filter(([, { type }]) => type === 'port')
    // The names of options are those of their values.
    const isOpen = ports.some(([name]) => config[name as keyof Config] !== undefined)
    return isOpen || (protocol.routes !== undefined && config.http !== undefined)
  })
}

/** Returns the port of a listener for a person who has met another one; undefined without an address. */
function portText(address: Address | undefined, isTls = false): string | undefined {
  return address && `${address.port}${isTls ? ' with TLS' : ''}`
}

/** Warns of admins without an account, whose names any user can register. */
async function warnOfMissing(admins: readonly string[], chat: Chat, log: Logger): Promise<void> {
  for (const name of admins) {
    const registered = await chat.accounts.isRegistered(name).catch(() => true)
    if (!registered) log.warn({ name }, '--admins names no account yet: the user who registers the name becomes admin')
  }
}

function pacingOf(config: Config): Pacing {
  const full = { rate: config['max-rate'], burst: config['max-burst'] }
  const guest = guestPace(full, { rate: config['guest-rate'], burst: config['guest-burst'] })
  return { full, guest, trusted: new AddressList(config.trusted) }
}

/** Returns the fault of a store that another process uses with the likely reason; other errors as they are. */
function withQuestion(error: unknown): unknown {
  return error instanceof EngineFault && error.isInUse
    ? new EngineFault(`${error.message}; --data FOLDER chooses another; is roomd running already?`, { cause: error })
    : error
}
