import type { Engine } from '../engine/engine.ts'
import { Repeated } from '../engine/errors.ts'
import { committedEvent, type Draft, type Event, type LogName, timeOf } from '../engine/event.ts'
import type { Counts } from './counts.ts'
import { FairQueue } from './fair-queue.ts'
import type { Reader } from './reader.ts'
import { Refusal, refuse } from './refusal.ts'
import type { Room } from './session.ts'
import { type Speaker, storedNonce } from './speaker.ts'
import { clean, isLonger } from './text.ts'
import { checkScope } from './token-scope.ts'

/** Fields of a message beside its text, where a protocol has them. */
export type MessageExtras = Pick<Draft, 'sent' | 'color' | 'nonce' | 'details'>

export interface Saying extends MessageExtras {
  readonly text: string
}

interface SpeechOptions {
  readonly counts: Counts
  readonly reader: Reader
  /** Maximum characters of a message. */
  readonly maxText: number
}

/** Maximum first events of repeated nonces that are read at the same time. */
const READS = 64

/** Says messages in rooms, for members and for authors without a session. */
export class Speech {
  readonly #engine: Engine
  readonly #options: SpeechOptions
  /** Reads of first events: senders that repeat thousands of messages at once must not be refused for it, as they would repeat them again. */
  readonly #reads = new FairQueue({ running: READS, waitingPerAddress: Infinity, waiting: Infinity })

  constructor(engine: Engine, options: SpeechOptions) {
    this.#engine = engine
    this.#options = options
  }

  /** Returns the text of a message as it is stored. @throws Refusal `text-empty`, `text-too-long`. */
  body(text: string): string {
    const { maxText } = this.#options
    const body = clean(text)
    if (body === '') throw new Refusal('text-empty')
    if (isLonger(body, maxText)) throw new Refusal('text-too-long', maxText)
    return body
  }

  /**
   * Says messages in a room, all of them or none. Returns a promise for each, which resolves when it is committed; for a nonce that the
   * user has used there within a day, with the first event, whose text is that of the message unless `readsFirst` is true.
   *
   * @throws Refusal `token-scope`, `muted`, `moderated`, `slow-mode`, `text-empty`, `text-too-long`
   */
  say(speaker: Speaker, room: Room, sayings: readonly Saying[], readsFirst = false): readonly Promise<Event>[] {
    const verified = speaker.registered || undefined
    const drafts = sayings.map(({ text, sent, color = speaker.color, nonce: own, details }): Draft => {
      const nonce = own === undefined ? undefined : storedNonce(speaker, own)
      const body = this.body(text)
      return { kind: 'message', room: room.record.id, from: speaker.name, body, sent, color, verified, nonce, details }
    })
    checkScope(speaker, 'write', room.record.slug)
    try {
      if (room.state.restrictsSpeech) room.state.checkSpeech(speaker, drafts.length)
    } catch (refusal) {
      return drafts.map((draft) => this.#repeated(room.log, draft, refusal, speaker, readsFirst))
    }
    const { logs } = this.#engine
    const [first] = drafts
    const said = first && drafts.length === 1 ? [logs.append(room.log, first)] : logs.appendAll(room.log, drafts)
    return said.map((appended, place) => {
      const draft = drafts[place]
      return appended.then(
        (event) => {
          this.#options.counts.event(speaker.protocol, 'message')
          return event
        },
        (error) => {
          room.state.unsaid(speaker)
          return draft?.nonce === undefined ? refuse(error) : this.#first(room.log, draft, error, speaker, readsFirst)
        },
      )
    })
  }

  /** Returns the event that the nonce of a refused message belongs to; throws the refusal if there is none. */
  async #repeated(log: LogName, draft: Draft, refusal: unknown, speaker: Speaker, readsFirst: boolean): Promise<Event> {
    const { from, nonce } = draft
    const id = nonce === undefined ? undefined : await this.#engine.logs.withNonce(log, from, nonce).catch(refuse)
    if (id === undefined) throw refusal
    return this.#first(log, draft, new Repeated(id), speaker, readsFirst)
  }

  /** The event that a repeated nonce belongs to; where that is gone, or not read, the repeated message with its id. */
  async #first(log: LogName, draft: Draft, error: unknown, speaker: Speaker, readsFirst: boolean): Promise<Event> {
    if (!(error instanceof Repeated)) return refuse(error)
    const { id } = error
    const first = readsFirst ? await this.#reads.run(speaker.address, () => this.#read(log, id, speaker)) : undefined
    return first ?? committedEvent(id, timeOf(id), draft)
  }

  async #read(log: LogName, id: number, speaker: Speaker): Promise<Event | undefined> {
    for await (const [event] of this.#options.reader.pages(log, { before: id + 1, limit: 1 }, speaker)) {
      if (event?.id === id) return event
    }
    return undefined
  }
}
