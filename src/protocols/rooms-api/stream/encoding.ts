import type { Event, Kind } from '../../../engine/event.ts'
import { chunkOf } from '../../../transport/http/response-transport.ts'
import { FORMATS, type Format, type FormatName, type StreamEnd } from './formats.ts'

export interface EncodingOptions {
  readonly format: FormatName
  readonly isChunked: boolean
  /** Kinds of the events that are shown; undefined for all. */
  readonly kinds: ReadonlySet<Kind> | undefined
  readonly isOfMany: boolean
}

/** Encodes the output of all streams of a format that show the same kinds of events. */
export class Encoding {
  /** Different for each encoding. */
  readonly key: string
  readonly heartbeat: Buffer
  readonly #format: Format
  readonly #options: EncodingOptions

  constructor(options: EncodingOptions, key: string) {
    this.key = key
    this.#format = FORMATS[options.format]
    this.#options = options
    this.heartbeat = this.#bytesOf(this.#format.heartbeat)
  }

  /** True if the ids of events depend on the positions in other rooms. */
  get hasPositions(): boolean {
    return this.#format.hasIds && this.#options.isOfMany
  }

  start(id: string): Buffer {
    return this.#bytesOf(this.#format.start(id))
  }

  /** Encodes events of the room with a slug, or of the inbox. `idOf` returns the id of an event for the client. */
  events(events: readonly Event[], slug: string | undefined, isPast: boolean, idOf: (event: Event) => string): Buffer {
    const { kinds, isOfMany } = this.#options
    let text = ''
    for (const event of events) {
      if (kinds && !kinds.has(event.kind)) continue
      text += this.#format.event({ event, slug, isPast, isOfMany }, idOf(event))
    }
    return this.#bytesOf(text)
  }

  notice(text: string): Buffer {
    return this.#bytesOf(this.#format.notice(text))
  }

  end(end: StreamEnd): Buffer {
    return this.#bytesOf(this.#format.end(end))
  }

  #bytesOf(text: string): Buffer {
    return this.#options.isChunked ? chunkOf(text) : Buffer.from(text)
  }
}

/** The encodings of streams, each made once. Their number is limited by the kinds of events. */
export class Encodings {
  readonly #byKey = new Map<string, Encoding>()

  of(options: EncodingOptions): Encoding {
    const { format, isChunked, kinds, isOfMany } = options
    const key = [format, isChunked, isOfMany, ...(kinds ?? ['all'])].join(' ')
    const encoding = this.#byKey.get(key) ?? new Encoding(options, key)
    this.#byKey.set(key, encoding)
    return encoding
  }
}
