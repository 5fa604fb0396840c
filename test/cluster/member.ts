/** Somebody who stays in a room whatever happens, talks, and writes down what became of it and what it hears. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Notice } from '../../commands/replies.ts'
import { Line } from '../clients/line.ts'
import { eventually } from '../support/eventually.ts'
import type { Stretch, Told } from './checker.ts'
import type { Host } from './nodes.ts'

/** ms between two texts, and before something that was refused is tried again. */
const PACE_MS = 60
const AGAIN_MS = 50
/** Texts without an answer, at most. */
const WINDOW = 64
/** How long a node that takes a connection may take to answer, in ms: another one may be quicker. */
const PATIENCE_MS = 3_000
/** What may answer a text while Redis is away, or its sender has been taken for dead: then it is in no log. */
const REFUSALS = new Set(['Temporarily unavailable', 'Join a room first'])

/** Makes the texts of two who have one name, one after the other, different. */
let members = 0

export class Member {
  readonly name: string
  /** Texts that were answered with OK. */
  readonly acknowledged: string[] = []
  readonly stretches: { readonly reader: string; readonly told: Told[] }[] = []
  /** Errors that answered a JOIN. */
  readonly refusals: string[] = []
  readonly notices: Notice[] = []
  /** Errors that ended a connection. */
  readonly lastWords: string[] = []
  /** What should not have happened. */
  readonly faults: string[] = []
  /** Whether it says something new. */
  talking = true
  readonly #mark = ++members
  readonly #room: string
  readonly #nodes: readonly Host[]
  /** Which of the nodes it is at, or tries next. */
  #place: number
  /** How many texts there have been, and those that are to be said again: they are in no log. */
  #number = 0
  readonly #again: string[] = []
  /** Said, and not answered. */
  readonly #unsettled = new Set<string>()
  /** Whatever is unsettled was said when this id was in the log already. */
  #certain = 0
  #stretch: Told[] | undefined
  #joined = Promise.withResolvers<void>()
  #line: Line | undefined
  /** Whether it knows what became of everything it has said before. */
  #ready = false
  #gone = false
  readonly #ended: Promise<void>

  /** It begins at the first of the nodes, and goes on to the next when it cannot stay. */
  constructor(name: string, room: string, nodes: readonly Host[], place = 0) {
    this.name = name
    this.#room = room
    this.#nodes = nodes
    this.#place = place
    this.#ended = this.#live()
  }

  get node(): Host {
    const node = this.#nodes[this.#place % this.#nodes.length]
    if (!node) throw new Error('there is a node')
    return node
  }

  /** Whether it is in the room, and has nothing left to find out or to say again. */
  get settled(): boolean {
    return this.present && this.#unsettled.size === 0 && this.#again.length === 0
  }

  get present(): boolean {
    return this.#stretch !== undefined && this.#ready
  }

  get isGone(): boolean {
    return this.#gone
  }

  /** The id of the newest event it was told. */
  get newest(): number {
    return this.stretches.at(-1)?.told.at(-1)?.id ?? 0
  }

  /** Resolves when it has been told something that fits, now or earlier. */
  async hears(fits: (event: Told) => boolean): Promise<void> {
    let [at, from] = [0, 0]
    await eventually(() => {
      for (;;) {
        const stretch = this.stretches[at]
        if (stretch?.told.slice(from).some(fits)) return
        from = stretch?.told.length ?? 0
        if (at + 1 >= this.stretches.length) break
        at++
        from = 0
      }
      throw new Error(`${this.name} has not heard it`)
    })
  }

  /** Asks something while it is in the room. */
  async ask<T>(question: (line: Line) => Promise<T>): Promise<T> {
    if (!this.#line) throw new Error(`${this.name} is not connected`)
    return question(this.#line)
  }

  /** Breaks its connection: it goes on with the next node. */
  startle(): void {
    this.#line?.destroy()
  }

  /** Ends it, as a connection ends; resolves when nothing is under way. */
  async leave(): Promise<void> {
    this.#gone = true
    this.#line?.destroy()
    await this.#ended
  }

  async #live(): Promise<void> {
    for (; !this.#gone; this.#place++) {
      try {
        await this.#visit()
      } catch {
        // It was lost, or nobody was there.
        await delay(AGAIN_MS)
      }
    }
  }

  /** One connection; ends by rejecting. */
  async #visit(): Promise<never> {
    const line = new Line(this.node.daemon.line, {
      told: (event) => this.#told(event),
      noticed: (notice) => this.notices.push(notice),
      ended: (error) => this.lastWords.push(error),
      failed: (error) => this.faults.push(`${this.name}: ${error.message}`),
    })
    this.#line = line
    try {
      const login = await line.ask(`LOGIN ${this.name}`, PATIENCE_MS)
      if (login.type === 'error') throw new Error(login.error)
      for (;;) {
        this.#joined = Promise.withResolvers()
        const reply = await line.ask(`JOIN ${this.#room}`)
        if (reply.type === 'error') {
          this.refusals.push(reply.error)
          await delay(AGAIN_MS)
          continue
        }
        await Promise.race([this.#joined.promise, line.lost])
        await this.#stay(line)
      }
    } finally {
      line.destroy()
      await line.lost.catch(() => {})
      this.#stretch = undefined
      this.#ready = false
    }
  }

  #told(event: Told): void {
    const own = event.from === this.name
    if (own && event.type === 'userJoined') {
      if (this.#stretch) this.faults.push(`${this.name} joins at ${event.id} and is there already`)
      this.#stretch = []
      this.stretches.push({ reader: this.name, told: this.#stretch } satisfies Stretch)
      this.#joined.resolve()
    }
    if (!this.#stretch) this.faults.push(`${this.name} is told ${event.id} and is not there`)
    this.#stretch?.push(event)
    if (own && event.type === 'userLeft') {
      this.#stretch = undefined
      this.#ready = false
    }
  }

  /** Talks until it is out of the room; rejects when the connection is lost. */
  async #stay(line: Line): Promise<void> {
    const stretch = this.#stretch
    const here = () => stretch !== undefined && this.#stretch === stretch
    while (here() && !(await this.#lookBack(line))) await delay(AGAIN_MS)
    this.#ready = here()
    while (here()) {
      const text = this.#unsettled.size < WINDOW ? (this.#again.shift() ?? this.#next()) : undefined
      if (text !== undefined) this.#say(line, text)
      await Promise.race([delay(PACE_MS), line.lost])
    }
  }

  /**
   * Finds out what became of what a lost connection has not answered. Now that its name has come in again nothing of that
   * can come any more: it stands in front of its own `userLeft`, or is in no log and may be said again.
   */
  async #lookBack(line: Line): Promise<boolean> {
    if (this.#unsettled.size > 0) {
      const records = await line.history(this.#certain > 0 ? `HISTORY after=${this.#certain}` : 'HISTORY')
      if (typeof records === 'string') return false
      const stands = new Set(records.flatMap(({ type, body }) => (type === 'message' ? [body] : [])))
      for (const text of this.#unsettled) if (!stands.has(text)) this.#again.push(text)
      this.#unsettled.clear()
    }
    this.#certain = this.newest
    return true
  }

  #next(): string | undefined {
    return this.talking ? this.#text(this.#number++) : undefined
  }

  #say(line: Line, text: string): void {
    this.#unsettled.add(text)
    line.ask(text).then(
      (reply) => {
        this.#unsettled.delete(text)
        if (reply.type !== 'error') this.acknowledged.push(text)
        else if (REFUSALS.has(reply.error)) this.#again.push(text)
        else this.faults.push(`${this.name} is told "${reply.error}"`)
      },
      () => {
        // Nobody knows: it is looked for when it is back.
      },
    )
  }

  /** All it has ever wanted to say. */
  get texts(): string[] {
    return Array.from({ length: this.#number }, (_, number) => this.#text(number))
  }

  #text(number: number): string {
    return `${this.#mark} ${this.name} says ${number}`
  }
}
