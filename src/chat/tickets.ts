import { createHmac, randomBytes } from 'node:crypto'
import type { Records } from '../engine/typed-records.ts'
import { Proof } from './credentials.ts'
import { fold } from './names.ts'
import { refuse } from './refusal.ts'
import { digestOf, keptSecret, SECRET_CHARACTERS } from './secrets.ts'
import { Turns } from './turns.ts'

const LENGTH = 32
/** Form of a ticket; the store is not asked for anything else. */
const TICKET = /^[A-Za-z0-9]{32}$/
/** Bytes below this give every letter the same probability. */
const FAIR = 256 - (256 % SECRET_CHARACTERS.length)

/** Minimum time between two writes of a ticket's end, in ms. */
const STEP = 60_000

/** A login of an account's owner, for clients that make separate requests. Ends when it is not used for a time. */
export interface Ticket {
  /** 32 random letters and digits. */
  readonly value: string
  /** End if it is not used before, in ms since the epoch. */
  readonly until: number
}

/** The owner of a ticket that was shown, and the ticket with its new end. */
export interface TicketLogin {
  readonly proof: Proof
  readonly ticket: Ticket
}

/**
 * The tickets of accounts, at most one for each. The store holds no ticket: values are derived from a secret that the engine keeps and a
 * random number of each login.
 */
export class Tickets {
  readonly #records: Records
  readonly #ms: number
  /** End of a ticket and time of its last write, by folded nickname, least recently used first. */
  readonly #used = new Map<string, { until: number; kept: number }>()
  #secret: string | undefined
  /** Work under way, by folded nickname: one at a time, so that an ended ticket stays ended. */
  readonly #turns = new Turns<string>()

  /** `ms` is the lifetime of an unused ticket. */
  constructor(records: Records, ms: number) {
    this.#records = records
    this.#ms = ms
  }

  /** Issues the account's ticket, the present one if there is one; its time starts anew. @throws Refusal `unavailable`. */
  async issue({ name }: Proof): Promise<Ticket> {
    const key = fold(name)
    const work = async () => {
      if (this.#expired(key)) await this.#records.delete('login', key)
      const drawn = randomBytes(16).toString('hex')
      const expiresAt = Date.now() + this.#ms
      return this.#keep(name, await this.#records.insertOrGet('login', key, drawn, { expiresAt }))
    }
    return this.#turns.run(key, work).catch(refuse)
  }

  /** Finds the owner of a ticket and prolongs it; undefined when it is none. @throws Refusal `unavailable`. */
  async use(value: string): Promise<TicketLogin | undefined> {
    if (!TICKET.test(value)) return undefined
    const name = await this.#records.get('ticket', digestOf(value)).catch(refuse)
    if (name === undefined) return undefined
    const key = fold(name)
    const work = async () => {
      const number = await this.#records.get('login', key)
      if (number === undefined || this.#expired(key)) return undefined
      if ((await this.#value(name, number)) !== value) return undefined
      return { proof: new Proof(name), ticket: await this.#keep(name, number) }
    }
    return this.#turns.run(key, work).catch(refuse)
  }

  /** Ends an account's ticket. @throws Refusal `unavailable`. */
  end({ name }: Pick<Proof, 'name'>): Promise<void> {
    const key = fold(name)
    const work = async () => {
      this.#used.delete(key)
      await this.#records.delete('login', key)
    }
    return this.#turns.run(key, work).catch(refuse)
  }

  async #keep(name: string, number: string): Promise<Ticket> {
    const key = fold(name)
    const value = await this.#value(name, number)
    const now = Date.now()
    const until = now + this.#ms
    const step = Math.min(STEP, this.#ms / 4)
    let { kept } = this.#used.get(key) ?? { kept: Number.NEGATIVE_INFINITY }
    if (now - kept >= step) {
      kept = now
      // A little longer, as it is not written with every use.
      const expiresAt = until + step
      await this.#records.put('ticket', digestOf(value), name, { expiresAt })
      await this.#records.put('login', key, number, { expiresAt })
    }
    this.#used.delete(key)
    this.#used.set(key, { until, kept })
    this.#forgetExpired(now)
    return { value, until }
  }

  #expired(key: string): boolean {
    const used = this.#used.get(key)
    return used !== undefined && used.until <= Date.now()
  }

  #forgetExpired(now: number): void {
    for (const [key, { until }] of this.#used) {
      // What is kept of it ends a little later.
      if (until + STEP > now) return
      this.#used.delete(key)
    }
  }

  async #value(name: string, number: string): Promise<string> {
    this.#secret ??= await keptSecret(this.#records, 'tickets')
    return letters(this.#secret, `${fold(name)}:${number}`)
  }
}

/** Letters and digits derived from a secret and a text. */
function letters(secret: string, text: string): string {
  let made = ''
  for (let block = 0; made.length < LENGTH; block++) {
    for (const byte of createHmac('sha256', secret).update(`${block}:${text}`).digest()) {
      if (byte < FAIR && made.length < LENGTH) made += SECRET_CHARACTERS.charAt(byte % SECRET_CHARACTERS.length)
    }
  }
  return made
}
