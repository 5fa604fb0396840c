import { randomWord } from '../../client/room-lines.ts'
import type { InputText, InputTexts } from './texts.ts'

/** A text that is not known to be in the room. */
interface UnsaidText extends InputText {
  /** The same whenever the text is said. */
  readonly nonce: string
  /** True if it was on the way when a connection was lost: the room has it, or not. */
  mayBeSaid: boolean
}

/** Maximum texts that are taken at once, and so begun behind one that is refused. */
const MAX_TAKEN = 128
const FIRST_NONCE = 10_000_000

/** The texts of a run, each until it has its reply. They are taken in rounds: each begins with those of the round before that have none. */
export class UnsaidTexts {
  readonly #input: AsyncIterator<readonly InputText[]>
  /** The texts that the input gives next. */
  #next: Promise<IteratorResult<readonly InputText[]>> | undefined
  /** Texts of the input that no round has taken. */
  #rest: readonly InputText[] = []
  /** Texts without a reply, oldest first, by their number in the round. */
  #open = new Map<number, UnsaidText>()
  readonly #word = randomWord().slice(0, 14)
  #count = FIRST_NONCE
  #round = {}
  #wake = () => {}

  constructor(texts: InputTexts) {
    this.#input = texts[Symbol.asyncIterator]()
  }

  /** The oldest text without a reply. */
  get first(): UnsaidText | undefined {
    return this.#open.values().next().value
  }

  /** True if a text may be in the room without a reply. */
  get isUnsure(): boolean {
    return [...this.#open.values()].some(({ mayBeSaid }) => mayBeSaid)
  }

  lineOf(index: number): number | undefined {
    return this.#open.get(index)?.line
  }

  nonceOf(index: number): string {
    const { nonce } = this.#open.get(index) ?? {}
    if (nonce === undefined) throw new Error('unreachable: a text has no reply before it is said')
    return nonce
  }

  /** Forgets a text that has its reply. */
  settle(index: number): void {
    this.#open.delete(index)
  }

  /** Notes that a connection was lost. */
  lost(): void {
    for (const text of this.#open.values()) text.mayBeSaid = true
  }

  /** Begins a round. Returns its texts, which end with the input or with {@link endRound}. */
  async *round(): AsyncGenerator<readonly string[]> {
    const round = {}
    this.#round = round
    this.#open = new Map([...this.#open.values()].entries())
    let index = this.#open.size
    if (index > 0) yield Array.from(this.#open.values(), ({ text }) => text)
    while (await this.#fill(round)) {
      const taken = this.#rest.slice(0, MAX_TAKEN)
      this.#rest = this.#rest.slice(MAX_TAKEN)
      for (const text of taken)
        this.#open.set(index++, { ...text, nonce: `${this.#word}.${this.#count++}`, mayBeSaid: false })
      yield taken.map(({ text }) => text)
    }
  }

  /** Takes no more texts in the present round. */
  endRound(): void {
    this.#round = {}
    this.#wake()
  }

  /** Waits for texts. Resolves with false at the end of the input, or of the round. */
  async #fill(round: object): Promise<boolean> {
    while (this.#rest.length === 0 && round === this.#round) {
      this.#next ??= this.#input.next()
      const next = this.#next
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        next.then(
          () => resolve(),
          () => resolve(),
        )
      })
      if (round !== this.#round) break
      const { value, done } = await next
      if (done) return false
      this.#next = undefined
      this.#rest = value
    }
    return round === this.#round
  }
}
