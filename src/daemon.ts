/** Puts engine, chat and protocols together: start, ready, drain, stop. */
import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import { type LoadedCertificate, loadCertificate } from './certificate.ts'
import type { Administered } from './chat/administration.ts'
import { Chat } from './chat/chat.ts'
import type { Cost } from './chat/secrets.ts'
import type { Config } from './config.ts'
import { carryOut } from './control/operations.ts'
import { ControlSocket } from './control/socket.ts'
import { EngineFault } from './engine/engine.ts'
import { engineOf, fileOf, settingsOf } from './engines.ts'
import { Admission } from './protocols/admission.ts'
import { chatroomListener } from './protocols/chatroom/chatroom.ts'
import { chatterboxListener, chatterboxOptions } from './protocols/chatterbox/chatterbox.ts'
import { Descriptors } from './protocols/descriptors.ts'
import { encoder } from './protocols/line/json.ts'
import { lineListener } from './protocols/line/line.ts'
import { LineWire, lastLine } from './protocols/line/wire.ts'
import { defaultMemoryLimit, MemoryBudget } from './protocols/memory.ts'
import { Faults } from './protocols/operation/faults.ts'
import type { LogState, Vitals } from './protocols/operation/vitals.ts'
import type { Address, Certificate, Protocol } from './protocols/protocol.ts'
import { Tally } from './protocols/tally.ts'

/** What the operator has done, for the log. */
const ADMINISTERED: Readonly<Record<Administered['what'], string>> = {
  'room-closed': 'room closed by the operator',
  'account-removed': 'account removed by the operator',
  'password-changed': 'password changed by the operator',
}

export interface Daemon {
  /** What listens where, by the protocol's name. */
  readonly addresses: ReadonlyMap<string, Address>
  /** Drains within the configured time, then closes everything. Never rejects; calling it twice stops once. */
  stop(): Promise<void>
  /** Resolves with what has made it impossible to go on. */
  readonly died: Promise<EngineFault>
  /** Reads the certificate again; connections that are open go on. One that cannot be used is logged, and the old one stays. */
  reload(): Promise<void>
}

/** What is no option. */
export interface DaemonDetails {
  /** As /metrics shows it. */
  readonly version?: string
  readonly logState?: LogState
  /** What a check of a secret costs; as much as it should, if not given. */
  readonly cost?: Cost
}

/** Starts everything the configuration names, or nothing. Rejects with {@link ConfigError} or {@link EngineFault}. */
export async function startDaemon(
  config: Config,
  log: Logger,
  { version = 'unknown', logState, cost }: DaemonDetails = {},
): Promise<Daemon> {
  const started = performance.now()
  /** Who wants to know of every commit. */
  let measured: ((events: number, ms: number) => void) | undefined
  const { promise: died, resolve: die } = Promise.withResolvers<EngineFault>()
  const faults = new Faults(log)
  const engine = await engineOf(config, settingsOf(config), {
    trouble: (reason, what = 'commits') => faults.begin(what, reason),
    recovered: (what = 'commits') => faults.end(what),
    warning: (reason) => log.warn({ reason }, 'commits work, but something is wrong beneath'),
    evicted: () => log.warn('other nodes have taken this one for dead; its clients are told to come back'),
    lost: (reason) => log.error({ reason }, 'what was committed is lost; going on with what is left'),
    clockWentBack: (ms) => log.warn({ seconds: ms / 1_000 }, 'the clock went back; ids go on rising, times follow it'),
    died: die,
    measured: (events, ms) => measured?.(events, ms),
  })
  // What the HTTP port stands on takes a while to load: meanwhile the store opens in its thread.
  if (config.http !== undefined) for (const file of [import('./web.ts'), import('./protocols/http/app.ts')]) void file
  await engine.start()
  const certificate = await certificateOf(config, log).catch(async (error: unknown) => {
    await engine.stop()
    throw error
  })
  const chat = new Chat(engine, {
    maxText: config['max-text'],
    maxRooms: config['max-rooms'],
    maxRoomsPerAddress: config['max-rooms-per-address'],
    maxRegistrations: config['max-registrations'],
    maxAccountsPerAddress: config['max-accounts-per-address'],
    onAdministered: ({ what, ...details }) => log.info(details, ADMINISTERED[what]),
    onDiscard: ({ id, title }) =>
      log.info({ room: id, title }, 'room closed to make space for another one of its maker'),
    onDeliveryError: (err, protocol, event) =>
      log.error({ err, protocol, room: event?.room, event: event?.id }, 'a protocol could not encode an event'),
    ticketMs: config['piratchat-session'] * 1_000,
    ...(cost && { cost }),
    // One processor stays free for those who talk.
    checksAtOnce: Math.max(1, availableParallelism() - 1),
  })
  let stopping: Promise<void> | undefined
  let control: ControlSocket | undefined
  const tally = new Tally()
  const holders = () => protocols.flatMap(({ protocol }) => [...protocol.holders])
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
    traffic: () => new Map(protocols.map(({ protocol }) => [protocol.name, protocol.traffic])),
    onCommit: (listener) => {
      measured = listener
    },
  }
  const descriptors = new Descriptors(faults)

  const addresses = new Map<string, Address>()
  const httpPort = () => addresses.get('http')?.port
  const protocols = await protocolsOf(config, chat, vitals, log, descriptors, certificate, httpPort)
  memory.start()

  const stop = async (): Promise<void> => {
    const abort = setTimeout(() => {
      log.warn('clients did not take their last lines in time')
      for (const { protocol } of protocols) protocol.abort()
    }, config['drain-timeout'] * 1_000)
    // Who asks how the daemon is learns to the last that it stops.
    const asked = protocols.filter(({ protocol }) => protocol.drain)
    for (const { protocol } of asked) protocol.drain?.()
    await Promise.all(protocols.map(({ protocol }) => (protocol.drain ? undefined : protocol.stop())))
    await Promise.all(asked.map(({ protocol }) => protocol.stop()))
    clearTimeout(abort)
    await control?.close()
    memory.stop()
    descriptors.stop()
    await chat.stop()
    await engine.stop()
  }

  let reloading = Promise.resolve()
  const reload = async (): Promise<void> => {
    if (!certificate?.file) {
      log.info('there is no certificate file to read again')
      return
    }
    try {
      const renewed = await loadCertificate(config, false)
      for (const { protocol } of protocols) protocol.setCertificate?.(renewed)
      log.info(shown(renewed), 'certificate replaced')
    } catch (error) {
      log.error({ err: error }, 'certificate cannot be used, the old one stays')
    }
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
  const operated = { chat, admins: config.admins }
  // On Redis an operator needs none: what it opens is one more node.
  if (fileOf(config) !== undefined) {
    control = await ControlSocket.open(config.data, log, (request) => carryOut(operated, request))
  }
  log.info({ ms: Math.round(performance.now() - started) }, 'ready')

  return {
    addresses,
    died,
    stop: () => (stopping ??= stop()),
    reload: () => (reloading = reloading.then(reload)),
  }
}

/** A protocol is one line here, or in web.ts where the HTTP port carries it. */
async function protocolsOf(
  config: Config,
  chat: Chat,
  vitals: Vitals,
  log: Logger,
  descriptors: Descriptors,
  certificate: Certificate | undefined,
  httpPort: () => number | undefined,
) {
  const { tally, memory } = vitals
  const admission = new Admission({
    maxConnections: config['max-connections'],
    maxPerAddress: config['max-per-address'],
    ipv6Prefix: config['ipv6-prefix'],
    exhausted: () => memory.exhausted,
    descriptors,
  })
  const encode = encoder(config['line-ascii'])
  const line = {
    chat,
    encode,
    wire: new LineWire(encode),
    lastWord: lastLine(encode, Buffer.from, httpPort),
    log,
    tally,
    maxLine: config['max-line'],
    maxQueue: config['max-queue'],
    pace: { rate: config['max-rate'], burst: config['max-burst'] },
    loginTimeout: config['login-timeout'] * 1_000,
  }
  const chatterbox = chatterboxOptions(chat, line, {
    userList: config['chatterbox-user-list'],
    history: config['chatterbox-history'],
    inbox: config['chatterbox-inbox'],
    maxText: config['max-text'],
  })
  const protocols: { protocol: Protocol; port: number }[] = []
  const add = (port: number | undefined, make: () => Protocol) => {
    if (port !== undefined) protocols.push({ protocol: make(), port })
  }
  add(config.line, () => lineListener(line, admission))
  add(config['line-tls'], () => lineListener(line, admission, certificate))
  add(config.chatterbox, () => chatterboxListener(chatterbox, admission, certificate))
  add(config['chatterbox-plain'], () => chatterboxListener(chatterbox, admission))
  add(config.chatroom, () => chatroomListener({ ...line, maxText: config['max-text'] }, admission, certificate))
  if (config.http !== undefined) {
    const { webOf } = await import('./web.ts')
    add(config.http, () => webOf(config, { line, vitals, admission, certificate }))
  }
  return protocols
}

/** Only where some listener needs one. */
async function certificateOf(config: Config, log: Logger): Promise<LoadedCertificate | undefined> {
  const wanted = [config['line-tls'], config.chatterbox, config.chatroom, config['http-tls'] ? config.http : undefined]
  if (wanted.every((port) => port === undefined)) return undefined
  const certificate = await loadCertificate(config)
  log.info(shown(certificate), certificate.made ? 'certificate made' : 'certificate read')
  return certificate
}

/** For the log. */
function shown({ file, fingerprint, until }: LoadedCertificate) {
  return { file: file ?? 'none', sha256: fingerprint, until }
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
