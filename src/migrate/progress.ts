/** How far it is: a bar that is drawn anew on a terminal, a line now and then elsewhere. */

const BAR = 30
const DRAW_MS = 100
const LINE_MS = 3_000

/** What is written to, such as standard output. */
export interface Out {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export class Progress {
  readonly #out: Out
  readonly #now: () => number
  #what = ''
  #total = 0
  #done = 0
  /** Of what was done before this run. */
  #ahead = 0
  #began = 0
  #wrote = 0

  constructor(out: Out, now: () => number = () => performance.now()) {
    this.#out = out
    this.#now = now
  }

  begin(what: string, total: number): void {
    this.#what = what
    this.#total = total
    this.#done = 0
    this.#ahead = 0
    this.#began = this.#now()
    this.#wrote = this.#began
  }

  /** So many events more; `ahead` when nothing had to be done for them. */
  add(events: number, ahead = false): void {
    this.#done += events
    if (ahead) this.#ahead += events
    const now = this.#now()
    if (now - this.#wrote < (this.#out.isTTY ? DRAW_MS : LINE_MS)) return
    this.#wrote = now
    this.#write(now)
  }

  /** Leaves the line free for what comes next. */
  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K')
  }

  #write(now: number): void {
    const part = this.#total === 0 ? 1 : Math.min(1, this.#done / this.#total)
    const spent = this.#done - this.#ahead
    const left = spent === 0 ? undefined : ((now - this.#began) / 1_000) * ((this.#total - this.#done) / spent)
    const count = `${this.#done.toLocaleString('en')} of ${this.#total.toLocaleString('en')} events`
    const rest = left === undefined ? '' : `, ${Math.max(0, Math.ceil(left))} s left`
    const said = `${this.#what} ${Math.floor(part * 100)} % (${count})${rest}`
    if (!this.#out.isTTY) this.#out.write(`${said}\n`)
    else {
      const full = Math.round(part * BAR)
      this.#out.write(`\r\x1b[K[${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${said}`)
    }
  }
}
