import type { Engine } from '../engine/engine.ts'
import { hasEnded } from '../engine/event.ts'
import { fold } from '../engine/fold.ts'
import type { AddressBan } from '../engine/records.ts'
import { type Admins, adminReason } from './admins.ts'
import { auditEntry, type OnAudit } from './audit.ts'
import { type IpNetwork, NetworkMap, networkText, overlap, parseAddress, parseNetwork } from './ip-network.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** Maximum number of bans. */
const MOST = 10_000
/** Shortest prefix of a banned network, by the family of its addresses: the largest blocks that are given to one registry or provider. */
const SHORTEST_PREFIX: Readonly<Record<IpNetwork['family'], number>> = { 4: 8, 6: 16 }

/** Subject of broadcasts between nodes. */
const SUBJECT = 'address-bans'

/** Signals between nodes: a ban, or the network of one that was lifted; `by` is missing for the operator of the server. */
type Told = { readonly banned: AddressBan } | { readonly lifted: string; readonly by?: string | undefined }

interface BanOptions {
  /** Its end in ms since the epoch; for good without one. */
  readonly until?: number | undefined
  readonly why?: string
}

/**
 * The networks whose connections are refused at all protocols (docs/protocols/moderation.md, section 1.5). Each node has them in memory. What
 * admins do is refused with `admin-required`, `invalid-network` and `unavailable`.
 */
export class AddressBans {
  readonly #engine: Pick<Engine, 'records' | 'broadcast'>
  readonly #admins: Admins
  readonly #onAudit: OnAudit
  #bans = new NetworkMap<AddressBan>()
  /** Number of changes that were made or heard of: what was read before one is read again. */
  #changes = 0
  #onBanned = () => {}

  constructor(engine: Pick<Engine, 'records' | 'broadcast'>, admins: Admins, onAudit: OnAudit) {
    this.#engine = engine
    this.#admins = admins
    this.#onAudit = onAudit
    // Only this class writes what is received.
    engine.broadcast.onBroadcast(SUBJECT, (text) => {
      if (text === undefined) this.load().catch(() => {})
      else this.#hear(JSON.parse(text) as Told)
    })
  }

  /** Reads the bans. They do not hold on this node before. @throws Refusal `unavailable`. */
  async load(): Promise<void> {
    const bans = new NetworkMap<AddressBan>()
    const changes = this.#changes
    for (const ban of await this.all()) {
      const network = parseNetwork(ban.network)
      if (network) bans.set(network, ban)
    }
    if (changes !== this.#changes) return this.load()
    this.#bans = bans
    this.#onBanned()
  }

  /** Calls the listener when addresses may have been banned. */
  watch(onBanned: () => void): void {
    this.#onBanned = onBanned
  }

  /** Returns a ban of an address; undefined without one. */
  find(address: string): AddressBan | undefined {
    return this.#bans.find(address, (ban) => !hasEnded(ban))
  }

  /** Bans a network, or replaces its ban. Resolves with its canonical text. @throws Refusal `too-many-address-bans`, `text-too-long`. */
  async ban(admin: Session, text: string, { until, why = '' }: BanOptions = {}): Promise<string> {
    await this.#admins.check(admin)
    const network = parseNetwork(text)
    const own = parseNetwork(admin.address) ?? parseAddress(admin.address)
    if (!network || network.prefix < SHORTEST_PREFIX[network.family] || (own && overlap(network, own)))
      throw new Refusal('invalid-network')
    this.#checkSpace(network)
    const { name: by } = admin
    const end = until !== undefined && { until }
    const ban: AddressBan = { network: networkText(network), by, at: Date.now(), why: adminReason(why), ...end }
    await this.#engine.records.put('address-ban', ban.network, ban, { expiresAt: until }).catch(refuse)
    this.#tell({ banned: ban })
    const untilText = until !== undefined && { until: new Date(until).toISOString() }
    this.#onAudit(auditEntry({ what: 'address-banned', address: ban.network, by, reason: ban.why, ...untilText }))
    return ban.network
  }

  /** Lifts the ban of a network. Resolves with its canonical text; undefined if it is not banned. */
  async unban(admin: Session, text: string): Promise<string | undefined> {
    await this.#admins.check(admin)
    return this.remove(text, admin.name)
  }

  /** Lists the bans, newest first: all, or those with the text in their network, or whose network covers or is in that of the text. */
  async list(admin: Session, part = ''): Promise<readonly AddressBan[]> {
    await this.#admins.check(admin)
    const bans = await this.all()
    const [asked, key] = [parseNetwork(part), fold(part)]
    return bans.filter(({ network }) => {
      const its = asked && parseNetwork(network)
      return network.includes(key) || (its && overlap(its, asked))
    })
  }

  /** Lists the bans, newest first, for the operator of the server. @throws Refusal `unavailable`. */
  async all(): Promise<readonly AddressBan[]> {
    const pages = await Array.fromAsync(this.#engine.records.list('address-ban')).catch(refuse)
    // A record may be listed more than once.
    const bans = new Map(pages.flat().map((ban) => [ban.network, ban]))
    return [...bans.values()].sort((a, b) => b.at - a.at)
  }

  /** Does what {@link unban} does for the operator of the server, or for an admin. @throws Refusal `invalid-network`, `unavailable`. */
  async remove(text: string, by?: string): Promise<string | undefined> {
    const network = parseNetwork(text)
    if (!network) throw new Refusal('invalid-network')
    const key = networkText(network)
    if (!(await this.#engine.records.delete('address-ban', key).catch(refuse))) return undefined
    this.#tell({ lifted: key, by })
    if (by !== undefined) this.#onAudit(auditEntry({ what: 'address-unbanned', address: key, by }))
    return key
  }

  /** @throws Refusal `too-many-address-bans`. */
  #checkSpace(network: IpNetwork): void {
    if (this.#bans.size < MOST || this.#bans.has(network)) return
    this.#bans.prune((ban) => !hasEnded(ban))
    if (this.#bans.size >= MOST) throw new Refusal('too-many-address-bans', MOST)
  }

  #tell(told: Told): void {
    this.#engine.broadcast.publish(SUBJECT, JSON.stringify(told))
    this.#apply(told)
  }

  /** Applies a change of another node at once, and reads the record, as two nodes may change it at the same time. */
  #hear(told: Told): void {
    this.#apply(told)
    this.#read('banned' in told ? told.banned.network : told.lifted).catch(() => {})
  }

  #apply(told: Told): void {
    this.#changes++
    if ('banned' in told) {
      this.#set(told.banned.network, told.banned)
      return
    }
    this.#set(told.lifted, undefined)
    // Every node logs what the operator does.
    if (told.by === undefined) this.#onAudit(auditEntry({ what: 'address-unbanned', address: told.lifted }))
  }

  async #read(key: string): Promise<void> {
    const changes = this.#changes
    const ban = await this.#engine.records.get('address-ban', key)
    if (changes !== this.#changes) return this.#read(key)
    this.#set(key, ban)
  }

  #set(key: string, ban: AddressBan | undefined): void {
    const network = parseNetwork(key)
    if (network && ban) {
      this.#bans.set(network, ban)
      this.#onBanned()
    } else if (network) {
      this.#bans.delete(network)
    }
  }
}
