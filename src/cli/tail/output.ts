import type { RoomEvent } from '../../../commands/replies.ts'
import type { TailFormat } from './format.ts'
import type { ResumeFile } from './resume-file.ts'

/** Number of waiting characters above which {@link TailOutput.isFull} is true. */
const MANY = 262_144

/** Writes events, and then keeps their ids. */
export class TailOutput {
  readonly #stream: NodeJS.WriteStream
  readonly #format: TailFormat
  readonly #resume: ResumeFile | undefined
  /** Text that is not given to the stream, and the ids of its last events by room. */
  #text = ''
  #ids = new Map<string, string>()
  #writing: Promise<void> | undefined
  readonly #drained: (() => void)[] = []
  /** Rejects with the error of the stream or of the file. */
  readonly failed: Promise<never>
  #fail: (error: unknown) => void = () => {}

  constructor(stream: NodeJS.WriteStream, format: TailFormat, resume: ResumeFile | undefined) {
    this.#stream = stream
    this.#format = format
    this.#resume = resume
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
      stream.on('error', reject)
    })
    this.failed.catch(() => {})
  }

  /** True while more waits than should. */
  get isFull(): boolean {
    return this.#text.length > MANY
  }

  /** Resolves when everything is written. */
  async flushed(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  /** Calls back once when the output is no longer full. */
  onceDrained(act: () => void): void {
    this.#drained.push(act)
  }

  /** @param room name under which the id is kept */
  push(event: RoomEvent, room: string): void {
    this.#text += this.#format(event)
    this.#ids.set(room, event.id)
    this.#writing ??= this.#write()
  }

  async #write(): Promise<void> {
    // Events of one tick are written at once.
    await new Promise((resolve) => setImmediate(resolve))
    try {
      while (this.#ids.size > 0) {
        const [text, ids] = [this.#text, this.#ids]
        this.#text = ''
        this.#ids = new Map()
        if (text !== '') {
          await new Promise<void>((resolve, reject) =>
            this.#stream.write(text, (error) => (error ? reject(error) : resolve())),
          )
        }
        this.#resume?.keep(ids)
      }
    } catch (error) {
      this.#fail(error)
      // Nothing is written any more.
      await new Promise(() => {})
    }
    this.#writing = undefined
    for (const act of this.#drained.splice(0)) act()
  }
}
