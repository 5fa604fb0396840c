/** Sessions of all protocols against one daemon, until the time is over or something is wrong. */
import fc from 'fast-check'
import { Bystander, type Witness } from './bystander.ts'
import { play } from './client.ts'
import { FuzzedDaemon, type Holdings } from './daemon.ts'
import { FuzzFailure, type Suspect } from './failure.ts'
import { PROTOCOLS, type ProtocolName } from './protocols/protocols.ts'
import { Secrets } from './secrets.ts'
import { sessionOf } from './session.ts'

/** Share of the time that goes by before anything is measured: what is loaded on first use is then loaded. */
const WARM_UP = 0.2
/** How often the daemon's log is looked at, in ms. */
const LOOK_MS = 100
const MOST_SEED = 2 ** 31 - 1

export interface FuzzOptions {
  /** Of the daemon's data; it is nobody else's. */
  readonly folder: string
  readonly seconds: number
  /** Of the first session of each protocol; those of the others come from it. */
  readonly seed: number
  readonly protocols: readonly ProtocolName[]
  /** Sessions of one protocol at the same time; 4 unless given. */
  readonly atOnce?: number
  /** Sessions whose lines go over one connection; 1 unless given. */
  readonly parts?: number
  /** Whether the daemon reads as fast as it can and checks passwords at little cost, so that more is said. */
  readonly isUnpaced?: boolean
  /** No acknowledgement of the bystander may take longer; a second unless given. */
  readonly boundMs?: number
}

export interface Tally {
  sessions: number
  /** Line feeds among the bytes. */
  lines: number
  bytes: number
  replies: number
}

export interface FuzzReport extends Witness {
  readonly tallies: ReadonlyMap<ProtocolName, Readonly<Tally>>
  readonly before: Holdings
  readonly after: Holdings
}

/** @throws FuzzFailure */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const daemon = await FuzzedDaemon.start(options.folder, options.isUnpaced ?? false)
  const run = new Run(daemon)
  try {
    return await run.through(options)
  } finally {
    await daemon.stop()
  }
}

class Run {
  readonly #daemon: FuzzedDaemon
  readonly #secrets = new Secrets()
  readonly #playing = new Set<Suspect>()
  readonly #tallies = new Map<ProtocolName, Tally>()
  /** Set when something is wrong: no session begins any more. */
  #failure: FuzzFailure | undefined

  constructor(daemon: FuzzedDaemon) {
    this.#daemon = daemon
    void daemon.ended.then((reason) => this.#fail(reason))
  }

  async through({
    protocols,
    seconds,
    seed,
    atOnce = 4,
    parts = 1,
    boundMs = 1_000,
  }: FuzzOptions): Promise<FuzzReport> {
    const idle = await this.#daemon.holdings()
    const post = { port: await this.#daemon.port('line'), pid: this.#daemon.pid, boundMs }
    const bystander = await Bystander.at(post, (text) => this.#fail(text))
    const watch = setInterval(() => {
      const { complaint } = this.#daemon
      if (complaint !== undefined) this.#fail(complaint)
    }, LOOK_MS)
    try {
      const seeds = protocols.map((protocol) => [protocol, seedsFrom(seed)] as const)
      const playFor = async (ms: number) => {
        const end = performance.now() + ms
        await Promise.all(
          seeds.flatMap(([name, next]) => Array.from({ length: atOnce }, () => this.#play(name, next, parts, end))),
        )
      }
      // The bystander is one more than at first.
      const some = { connections: idle.connections + 1, sessions: idle.sessions + 1, queueBytes: 0 }
      await playFor(WARM_UP * seconds * 1_000)
      const before = await this.#rested({
        ...some,
        descriptors: Number.POSITIVE_INFINITY,
        heapBytes: Number.POSITIVE_INFINITY,
      })
      await playFor((1 - WARM_UP) * seconds * 1_000)
      const after = await this.#rested(before)
      const witness = await this.#unlessFailed(bystander.witness())
      return { ...witness, tallies: this.#tallies, before, after }
    } finally {
      clearInterval(watch)
      await bystander.end()
    }
  }

  async #play(protocol: ProtocolName, seeds: Iterator<number, never>, parts: number, end: number): Promise<void> {
    const port = await this.#daemon.port(PROTOCOLS[protocol].listener)
    const server = { port, starvedMs: this.#daemon.starvedMs }
    // One at least, also on a machine that takes all of the time for it.
    do {
      const seed = seeds.next().value
      const session = sessionOf(PROTOCOLS[protocol], seed, parts)
      const suspect = { protocol, seed, parts, session }
      this.#playing.add(suspect)
      try {
        const { received, complete, sentBytes, sentLines } = await play(session, server, this.#secrets)
        const tally = this.#tallies.get(protocol) ?? { sessions: 0, lines: 0, bytes: 0, replies: 0 }
        this.#tallies.set(protocol, tally)
        tally.sessions++
        tally.lines += sentLines
        tally.bytes += sentBytes
        tally.replies += PROTOCOLS[protocol].check(received, complete, session)
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : String(error), [suspect])
      }
      this.#playing.delete(suspect)
    } while (performance.now() < end && !this.#failure)
    if (this.#failure) throw this.#failure
  }

  #rested(before: Holdings): Promise<Holdings> {
    return this.#daemon.rested(before).catch((error: Error) => {
      throw this.#failure ?? new FuzzFailure(error.message, [])
    })
  }

  async #unlessFailed<T>(work: Promise<T>): Promise<T> {
    const result = await work
    if (this.#failure) throw this.#failure
    return result
  }

  #fail(reason: string, suspects: readonly Suspect[] = [...this.#playing]): void {
    this.#failure ??= new FuzzFailure(reason, suspects)
  }
}

/** Seeds, each of which gives all that follow it: a run that begins with one of them goes on as the one that had it. */
function* seedsFrom(seed: number): Generator<number, never> {
  const any = fc.noBias(fc.integer({ min: 0, max: MOST_SEED }))
  for (let next = seed; ; next = fc.sample(any, { seed: next, numRuns: 1 })[0] ?? 0) yield next
}
