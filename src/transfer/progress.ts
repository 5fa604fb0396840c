const BAR = 30
const DRAW_MS = 100

/** A stream such as standard error. */
export interface Out {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** How far an export or import is, drawn anew on a terminal; elsewhere nothing is written. */
export class Progress {
  readonly #out: Out
  readonly #now: () => number
  #what = ''
  #total: number | undefined
  #done = 0
  #began = 0
  #wrote = 0

  constructor(out: Out, now: () => number = () => performance.now()) {
    this.#out = out
    this.#now = now
  }

  /** `total` is the number of events, if it is known. */
  begin(what: string, total: number | undefined): void {
    this.#what = what
    this.#total = total
    this.#began = this.#now()
    this.#wrote = this.#began
  }

  add(events: number): void {
    this.#done += events
    const now = this.#now()
    if (!this.#out.isTTY || now - this.#wrote < DRAW_MS) return
    this.#wrote = now
    this.#out.write(`\r\x1b[K${this.#text(now - this.#began)}`)
  }

  /** Clears the line. */
  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K')
  }

  #text(spentMs: number): string {
    const done = this.#done.toLocaleString('en')
    if (this.#total === undefined) return `${this.#what} (${done} events)`
    const part = this.#total === 0 ? 1 : Math.min(1, this.#done / this.#total)
    const full = Math.round(part * BAR)
    const bar = `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}]`
    const left = Math.max(0, Math.ceil((spentMs / 1_000) * ((this.#total - this.#done) / this.#done)))
    const count = `${done} of ${this.#total.toLocaleString('en')} events`
    return `${bar} ${this.#what} ${Math.floor(part * 100)} % (${count}), ${left} s left`
  }
}
