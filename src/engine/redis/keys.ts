import type { LogName } from '../event.ts'
import { declarationOf, type RecordKind } from '../records.ts'

/**
 * The names of keys and channels.
 *
 * The part in braces is the hash tag: a Redis Cluster stores all keys with a tag in one slot, and a script may use one slot only. So all
 * keys that a script changes for a log have that log's tag; the rooms, the nodes and the records have one tag each, and each record that
 * may expire its own. No script needs two tags: related data under different tags is written in an order in which a crash in between does
 * no harm, as commented at each such place.
 */
export class Keys {
  readonly #prefix: string
  /** Prefix of all channels. */
  readonly #channels: string
  /** Name of the control channel, see {@link ControlChannel}. */
  readonly control: string
  /** Keys of scripts/nodes.lua: leases, dead nodes, epoch of the server, time of the last renewal by any node. */
  readonly nodes: readonly string[]
  /** Prefix of the key of a node's set of logs. */
  readonly nodeLogs: string
  /** Key of the lock of the node that sweeps all logs, and of that among nodes without limits of retention. */
  readonly sweep: readonly [limited: string, unlimited: string]
  /** Keys of scripts/rooms.lua: records, ids by name, the last given id, the number of changes, times of messages. */
  readonly rooms: readonly [records: string, ...string[]]
  /** Key of the sorted set of rooms by the time of their newest message, to a minute. */
  readonly said: string
  /** Key that is set when {@link said} and {@link roomsFrom} are complete; versions before 0.2 do not have them. */
  readonly indexedRooms: string
  readonly #roomsFrom: string
  /** Prefix of the keys of records that do not expire. */
  readonly #records: string

  /**
   * A key belongs to one database, a channel to all databases of a server: the names of channels contain the number of the database unless
   * it is 0. No prefix contains a slash, so channels of different prefixes and databases differ.
   */
  constructor(prefix: string, database = 0) {
    this.#prefix = prefix
    this.#channels = database === 0 ? prefix : `${prefix}:db/${database}`
    this.control = `${this.#channels}:control`
    this.nodes = ['leases', 'dead', 'epoch', 'pulse'].map((name) => `${prefix}:{nodes}:${name}`)
    this.nodeLogs = `${prefix}:{nodes}:logs:`
    this.sweep = [`${prefix}:{nodes}:sweep`, `${prefix}:{nodes}:sweep-unlimited`]
    const ofRooms = `${prefix}:{rooms}:`
    this.said = `${ofRooms}said`
    this.rooms = [`${ofRooms}records`, `${ofRooms}index`, `${ofRooms}given`, `${ofRooms}version`, this.said]
    this.indexedRooms = `${ofRooms}indexed`
    this.#roomsFrom = `${ofRooms}from:`
    this.#records = `${prefix}:{people}:`
  }

  /** Returns the key of a log's stream. */
  log(log: LogName): string {
    return `${this.#prefix}:{${log}}:log`
  }

  /** Returns the channel of a log's events. scripts/log.lua derives the same name from the stream's and the control channel's. */
  channel(log: LogName): string {
    return `${this.#channels}:{${log}}:log`
  }

  /** Returns the keys of scripts/log.lua. `node` is the node that writes. */
  ofLog(log: LogName, node: string): readonly [string, ...string[]] {
    const base = `${this.#prefix}:{${log}}`
    return [`${base}:log`, `${base}:info`, `${base}:joined`, `${base}:names`, `${base}:nodes`, `${base}:done:${node}`]
  }

  /** Returns the key of the hash of a room's log data. */
  info(room: number): string {
    return `${this.#prefix}:{room:${room}}:info`
  }

  /** Returns the key of the set of rooms made from an address. scripts/rooms.lua derives the same name. */
  roomsFrom(address: string): string {
    return `${this.#roomsFrom}${address}`
  }

  /** Returns the key of the hash of a room's state (scripts/log.lua). */
  state(room: number): string {
    return `${this.#prefix}:{room:${room}}:state`
  }

  /** Returns the key of the id of a log's message with a sender and nonce. scripts/log.lua derives the same name. */
  nonce(log: LogName, from: string, nonce: string): string {
    return `${this.#prefix}:{${log}}:nonce:${from} ${nonce}`
  }

  /** Returns the key of the hash of names held in a room: folded name to place, tokens and name. */
  held(room: number): string {
    return `${this.#prefix}:{room:${room}}:names`
  }

  /** Returns the key of the hash of the users in a room, by folded name. */
  joined(room: number): string {
    return `${this.#prefix}:{room:${room}}:joined`
  }

  /** Returns the key of the hash of a node's claims in a room: token to folded name. */
  claims(room: number, node: string): string {
    return `${this.#prefix}:{room:${room}}:claims:${node}`
  }

  /** Returns the key of the set of rooms in which a name may be held: ids and tokens. */
  heldIn(key: string): string {
    return `${this.#prefix}:{name:${key}}:held`
  }

  /** Returns the key of the list of claims of names with a skeleton, in order of claiming: room, token and folded name. */
  look(skeleton: string): string {
    return `${this.#prefix}:{look:${skeleton}}:held`
  }

  /** Returns the keys of the records of a kind, of their order, of their unique values, and of the number of records with such. */
  records(kind: RecordKind): readonly string[] {
    const records = `${this.#records}${kind}s`
    // Concurrent versions of roomd use different keys.
    const unique = `${records}:unique:${declarationOf(kind).unique?.version ?? ''}`
    return [records, `${records}:order`, unique, `${unique}:count`]
  }

  /** Returns the key of the sorted set of records with a value in an index. */
  recordIndex(kind: RecordKind, index: string, value: string): string {
    return `${this.#records}${kind}s:${index}:${value}`
  }

  /** Returns the key of a record that may expire. */
  expiring(kind: RecordKind, key: string): string {
    return `${this.#prefix}:{note:${kind}:${key}}`
  }

  /** The keys and arguments of scripts/move-records.lua. */
  get earlierRecords(): { readonly keys: readonly string[]; readonly args: readonly string[] } {
    const [blocks = ''] = this.records('block')
    const [, order = ''] = this.records('name')
    const [, , unique = '', count = ''] = this.records('account')
    const skeletons = `${this.#records}skeletons:${declarationOf('account').unique?.version}`
    return {
      keys: [blocks, `${this.#records}order`, order, skeletons, unique, `${skeletons}:count`, count],
      args: [`${this.#records}blocks-of:`, `${this.#records}blocks-against:`, this.recordIndex('block', 'parties', '')],
    }
  }

  /** The key that is set while an import is unfinished; earlier versions set it during a migration. */
  get importMark(): string {
    return `${this.#prefix}:{migration}:from`
  }

  /** The pattern of all keys with this prefix. */
  get everything(): string {
    return `${this.#prefix}:{*`
  }

  /** Returns the pattern of the keys of all streams, or of all hashes of log data. */
  every(what: 'log' | 'info'): string {
    return `${this.#prefix}:{*}:${what}`
  }

  /** Returns the log of a key that matches {@link every}; undefined for other keys. */
  logOf(key: string, what: 'log' | 'info' = 'log'): LogName | undefined {
    const start = `${this.#prefix}:{`
    const end = `}:${what}`
    if (!key.startsWith(start) || !key.endsWith(end)) return undefined
    const name = key.slice(start.length, -end.length)
    // Nothing else has keys of this form.
    return /^(room:\d+$|inbox:)/.test(name) ? (name as LogName) : undefined
  }
}

/** Returns the id of a log's room; undefined for an inbox. */
export function roomOf(log: LogName): number | undefined {
  return log.startsWith('room:') ? Number(log.slice(5)) : undefined
}
