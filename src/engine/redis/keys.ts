/**
 * The names of keys and channels.
 *
 * What stands in braces is the hash tag: a Redis Cluster keeps all keys of one tag in one slot, and a script may touch one
 * slot only. So everything that one script changes for a log has that log's tag, the rooms there are have one, the nodes
 * have one, records have one, and each record that may expire its own. Nothing needs a script across two tags: what belongs together
 * but lies apart is written in an order in which a crash in between does no harm, which is said where it is done.
 */
import type { LogName } from '../event.ts'
import { declarationOf, type RecordKind } from '../records.ts'

export class Keys {
  readonly #prefix: string
  /** What every channel begins with. */
  readonly #channels: string
  /** The channel on which nodes tell one another what they may have remembered wrongly. */
  readonly control: string
  /** Until when each node is taken to live, who has died, the epoch of the server, when any node last renewed its lease. */
  readonly nodes: readonly string[]
  /** What the key of a node's logs begins with. */
  readonly nodeLogs: string
  /** Held by whoever looks through all logs. */
  readonly sweep: string
  /** Records, numbers by name, the number given last, the count of changes. */
  readonly rooms: readonly [records: string, ...string[]]
  /** Prefix of the keys of records that do not expire. */
  readonly #people: string

  /**
   * A key belongs to one database, a channel to all databases of a server: channels of other databases than 0 carry the number.
   * No prefix has a slash, so the channels of one prefix and database are never those of another.
   */
  constructor(prefix: string, database = 0) {
    this.#prefix = prefix
    this.#channels = database === 0 ? prefix : `${prefix}:db/${database}`
    this.control = `${this.#channels}:control`
    this.nodes = ['leases', 'dead', 'epoch', 'pulse'].map((name) => `${prefix}:{nodes}:${name}`)
    this.nodeLogs = `${prefix}:{nodes}:logs:`
    this.sweep = `${prefix}:{nodes}:sweep`
    const ofRooms = `${prefix}:{rooms}:`
    this.rooms = [`${ofRooms}records`, `${ofRooms}index`, `${ofRooms}given`, `${ofRooms}version`]
    this.#people = `${prefix}:{people}:`
  }

  /** The stream of a log. */
  log(log: LogName): string {
    return `${this.#prefix}:{${log}}:log`
  }

  /** The channel of a log's events; scripts/log.lua makes the same name of the stream's and the control channel's. */
  channel(log: LogName): string {
    return `${this.#channels}:{${log}}:log`
  }

  /** All that the scripts of a log want, in their order, but for a node's {@link claims}. `node` is who writes. */
  ofLog(log: LogName, node: string): readonly [string, ...string[]] {
    const base = `${this.#prefix}:{${log}}`
    return [`${base}:log`, `${base}:info`, `${base}:joined`, `${base}:names`, `${base}:nodes`, `${base}:done:${node}`]
  }

  /** Who holds a name in a room: folded name to place, token and name. */
  held(room: number): string {
    return `${this.#prefix}:{room:${room}}:names`
  }

  /** What a node holds in a room: token to folded name. */
  claims(room: number, node: string): string {
    return `${this.#prefix}:{room:${room}}:claims:${node}`
  }

  /** In which rooms a name may be held: each a room's number and a token. */
  heldIn(key: string): string {
    return `${this.#prefix}:{name:${key}}:held`
  }

  /** Keys of the records of a kind, of their order, of their unique values, and of the number of records that have these. */
  records(kind: RecordKind): readonly string[] {
    const records = `${this.#people}${kind}s`
    // Versions that run side by side have each their own.
    const unique = `${records}:unique:${declarationOf(kind).unique?.version ?? ''}`
    return [records, `${records}:order`, unique, `${unique}:count`]
  }

  /** Key of the ordered keys of the records with a value in an index. */
  recordIndex(kind: RecordKind, index: string, value: string): string {
    return `${this.#people}${kind}s:${index}:${value}`
  }

  /** Key of a record that may expire. */
  expiring(kind: RecordKind, key: string): string {
    return `${this.#prefix}:{note:${kind}:${key}}`
  }

  /** Keys and arguments of scripts/move-records.lua. */
  get earlierRecords(): { readonly keys: readonly string[]; readonly args: readonly string[] } {
    const [blocks = ''] = this.records('block')
    const [, order = ''] = this.records('name')
    const [, , unique = '', count = ''] = this.records('account')
    const skeletons = `${this.#people}skeletons:${declarationOf('account').unique?.version}`
    return {
      keys: [blocks, `${this.#people}order`, order, skeletons, unique, `${skeletons}:count`, count],
      args: [`${this.#people}blocks-of:`, `${this.#people}blocks-against:`, this.recordIndex('block', 'parties', '')],
    }
  }

  /** Key that is set while an import is unfinished; earlier versions set it during a migration. */
  get importMark(): string {
    return `${this.#prefix}:{migration}:from`
  }

  /** Finds whatever has this prefix. */
  get everything(): string {
    return `${this.#prefix}:{*`
  }

  /** Finds the streams of all logs among the keys, or what is known of all logs. */
  every(what: 'log' | 'info'): string {
    return `${this.#prefix}:{*}:${what}`
  }

  /** The log whose stream a key is, or of which it tells what is known; undefined when it is none. */
  logOf(key: string, what: 'log' | 'info' = 'log'): LogName | undefined {
    const start = `${this.#prefix}:{`
    const end = `}:${what}`
    if (!key.startsWith(start) || !key.endsWith(end)) return undefined
    const name = key.slice(start.length, -end.length)
    // Nothing else has keys of this form.
    return /^(room:\d+$|inbox:)/.test(name) ? (name as LogName) : undefined
  }
}

/** The number of the room whose log it is; undefined for an inbox. */
export function roomOf(log: LogName): number | undefined {
  return log.startsWith('room:') ? Number(log.slice(5)) : undefined
}
