/** What runs beside what: several processes on one Redis, one process with a store of its own. */
import { BARE, type Dialect, LINE } from './dialect.ts'
import { type Context, median } from './scenario.ts'
import { type Server, startRedis, startRelay, startRoomd } from './server.ts'

const ROUNDS = 3

/** What is compared. */
export interface Fleet {
  readonly name: string
  readonly nodes: number
  readonly redis: boolean
  /** Relays in the place of nodes. */
  readonly bare?: boolean
}

export const LOCAL: Fleet = { name: 'local', nodes: 1, redis: false }
export const ONE: Fleet = { name: '1 node', nodes: 1, redis: true }
export const TWO: Fleet = { name: '2 nodes', nodes: 2, redis: true }
export const THREE: Fleet = { name: '3 nodes', nodes: 3, redis: true }
/** What the machine allows: the way of a message through two nodes, and nothing else. */
export const RELAYS: Fleet = { name: 'bare relays', nodes: 0, redis: true, bare: true }

export interface Running {
  readonly first: Server
  /** The first one again where there is no other. */
  readonly last: Server
  readonly all: readonly Server[]
  readonly redis: Server | undefined
  readonly dialect: Dialect
}

export class Rounds<T extends object> {
  readonly #played = new Map<Fleet, T[]>()

  of(fleet: Fleet): readonly T[] {
    return this.#played.get(fleet) ?? []
  }

  add(fleet: Fleet, round: T): void {
    this.#played.set(fleet, [...this.of(fleet), round])
  }

  get fleets(): Fleet[] {
    return [...this.#played.keys()]
  }

  middle(fleet: Fleet, what: (round: T) => number): number {
    return median(this.of(fleet).map(what))
  }

  /** What each round is beside the other fleet's of the same number, as the machine may be slower in the next. */
  beside(fleet: Fleet, what: (round: T) => number, other = LOCAL): number {
    const others = this.of(other).map(what)
    return median(this.of(fleet).map((round, index) => what(round) / (others[index] ?? Number.NaN)))
  }
}

export function shown(round: object): string {
  return Object.entries(round)
    .map(([what, value]) => `${what} ${Number(value).toFixed(2)}`)
    .join(', ')
}

/** Has each fleet, started anew, play each round. */
export async function compare<T extends object>(
  context: Context,
  name: string,
  fleets: readonly Fleet[],
  play: (running: Running, context: Context) => Promise<T>,
): Promise<Rounds<T>> {
  const rounds = new Rounds<T>()
  for (let number = 1; number <= ROUNDS; number++) {
    for (const fleet of fleets) {
      const round = await withFleet(fleet, (running) => play(running, context))
      rounds.add(fleet, round)
      context.say(`${name}, ${fleet.name}, round ${number}: ${shown(round)}`)
    }
  }
  return rounds
}

async function withFleet<T>({ nodes, redis: wanted, bare }: Fleet, work: (running: Running) => Promise<T>): Promise<T> {
  const servers: Server[] = []
  try {
    const redis = wanted ? await startRedis() : undefined
    if (redis) servers.push(redis)
    const all: Server[] = []
    const start = async (starting: Promise<Server>) => {
      const server = await starting
      servers.push(server)
      all.push(server)
    }
    const options = redis ? ['--redis', `redis://127.0.0.1:${redis.port}`] : []
    while (all.length < nodes) await start(startRoomd(undefined, ...options))
    if (bare && redis) for (const role of ['say', 'hear'] as const) await start(startRelay(role, redis))
    const [first] = all
    const last = all.at(-1)
    if (!first || !last) throw new Error('nobody to talk to')
    return await work({ first, last, all, redis, dialect: bare ? BARE : LINE })
  } finally {
    // Redis, which was started first, goes last.
    for (const server of servers.reverse()) await server.stop()
  }
}

/** All of them at the same time. */
export async function withFleets<T>(
  fleets: readonly Fleet[],
  work: (running: ReadonlyMap<Fleet, Running>) => Promise<T>,
  before: ReadonlyMap<Fleet, Running> = new Map(),
): Promise<T> {
  const [first, ...rest] = fleets
  if (!first) return work(before)
  return withFleet(first, (running) => withFleets(rest, work, new Map([...before, [first, running]])))
}
