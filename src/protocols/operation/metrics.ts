import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { DISCONNECTS, type DisconnectReason } from '../../transport/disconnect.ts'
import type { EndReason, Traffic } from '../../transport/tally.ts'
import { inTime, troubleOf, type Vitals } from './vitals.ts'

// The keys are those of the table.
const END_REASONS: readonly EndReason[] = [...(Object.keys(DISCONNECTS) as DisconnectReason[]), 'peer-vanished']

/**
 * Returns the metrics for Prometheus. Values are read when they are scraped, from counters elsewhere. No label has a value that a
 * client can choose.
 */
export function metricsOf(vitals: Vitals): Registry {
  const { chat, engine, tally } = vitals
  const registry = new Registry()
  const shared = { registers: [registry] }

  const gauge = (name: string, help: string, read: (set: Set) => void | Promise<void>, labelNames: string[] = []) =>
    new Gauge({
      ...shared,
      name,
      help,
      labelNames,
      async collect() {
        this.reset()
        try {
          await read((value, labels = {}) => this.set(labels, value))
        } catch {
          // Without the engine the other metrics are still available; `roomd_ready` is 0.
          this.remove()
        }
      },
    })
  const counter = (name: string, help: string, read: (set: Set) => void, labelNames: string[] = []) =>
    new Counter({
      ...shared,
      name,
      help,
      labelNames,
      collect() {
        this.reset()
        read((value, labels = {}) => this.inc(labels, value))
      },
    })
  const byLabel = (
    make: typeof gauge | typeof counter,
    name: string,
    help: string,
    label: string,
    counts: () => Iterable<readonly [key: string, count: number]>,
  ) => {
    const read = (set: Set) => {
      for (const [key, count] of counts()) set(count, { [label]: key })
    }
    make(name, help, read, [label])
  }
  const byListener = (
    make: typeof gauge | typeof counter,
    name: string,
    help: string,
    read: (traffic: Traffic) => number,
  ) =>
    byLabel(make, name, help, 'protocol', () =>
      Array.from(vitals.traffic(), ([protocol, traffic]) => [protocol, read(traffic)] as const),
    )

  gauge('roomd_build_info', 'The version that runs.', (set) => set(1, { version: vitals.version }), ['version'])
  byListener(gauge, 'roomd_connections', 'Open connections, by listener.', ({ open }) => open)
  byListener(counter, 'roomd_connections_total', 'Admitted connections, by listener.', ({ opened }) => opened)
  byListener(counter, 'roomd_received_bytes_total', 'Bytes read, without TLS overhead.', ({ received }) => received)
  byListener(counter, 'roomd_sent_bytes_total', 'Bytes written, without TLS overhead.', ({ sent }) => sent)
  byListener(gauge, 'roomd_queue_bytes', 'Bytes of output queued for slow readers.', ({ queued }) => queued)
  gauge('roomd_memory_bytes', 'Bytes in queues, unfinished input and the newest events of rooms.', (set) =>
    set(vitals.memory.held),
  )
  gauge('roomd_memory_limit_bytes', 'Limit of roomd_memory_bytes.', (set) => set(vitals.memory.limit))
  byLabel(gauge, 'roomd_sessions', 'Logged-in sessions, by protocol.', 'protocol', () => chat.users.counts())
  gauge('roomd_ready', 'Readiness as of /readyz: 1 or 0.', async (set) => {
    set((await troubleOf(vitals)) === undefined ? 1 : 0)
  })
  byLabel(gauge, 'roomd_fault', 'Current fault: 1 or 0, by the part that fails.', 'fault', () => [
    ...Array.from(vitals.faults, ([fault, present]) => [fault, present ? 1 : 0] as const),
    ['log', vitals.logState?.trouble === undefined ? 0 : 1],
  ])
  counter('roomd_log_dropped_lines_total', 'Log lines that could not be written.', (set) =>
    set(vitals.logState?.droppedLines ?? 0),
  )
  gauge('roomd_rooms', 'Rooms.', async (set) => set(await inTime(engine.rooms.count())))
  gauge('roomd_rooms_occupied', 'Rooms with members.', async (set) => set(await inTime(chat.rooms.occupied())))
  counter(
    'roomd_events_total',
    'Events caused by sessions of this node.',
    (set) => {
      for (const [protocol, kinds] of chat.counts.events) {
        for (const [kind, count] of Object.entries(kinds)) set(count, { protocol, kind })
      }
    },
    ['protocol', 'kind'],
  )
  counter('roomd_deliveries_total', 'Events delivered to members on this node, one for each member.', (set) =>
    set(chat.counts.deliveries),
  )
  const disconnects = 'Connections that the server has closed or refused, by reason.'
  // All reasons: a counter that appeared with its first count would have no rate, so that the first one raised no alert.
  byLabel(counter, 'roomd_disconnects_total', disconnects, 'reason', () =>
    END_REASONS.map((reason) => [reason, tally.disconnects.get(reason) ?? 0] as const),
  )
  counter('roomd_throttles_total', 'Pauses of connections over their rate.', (set) => set(tally.throttles))
  byLabel(counter, 'roomd_refused_logins_total', 'Logins refused.', 'reason', () => chat.counts.refusedLogins)

  const events = new Histogram({
    ...shared,
    name: 'roomd_commit_events',
    help: 'Events of a transaction.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024],
  })
  const seconds = new Histogram({
    ...shared,
    name: 'roomd_commit_duration_seconds',
    help: 'From sending a transaction to the store until it is committed.',
    buckets: [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  })
  vitals.onCommit((count, ms) => {
    events.observe(count)
    seconds.observe(ms / 1_000)
  })
  return Registry.merge([processMetrics(), registry])
}

let ofProcess: Registry | undefined

/** The metrics of the process, made once: their observers of garbage collection and of the event loop never end. */
function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

type Set = (value: number, labels?: Record<string, string>) => void
