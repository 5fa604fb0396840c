/** Time after which progress is shown, and between two times that it is. */
const INTERVAL_MS = 500

/** Counts texts that are said, and shows their number on standard error, if that is a terminal and what is said comes from elsewhere. */
export class SendProgress {
  #count = 0
  #isShown = false
  readonly #timer: NodeJS.Timeout | undefined

  constructor() {
    if (!process.stderr.isTTY || process.stdin.isTTY) return
    this.#timer = setInterval(() => this.#show(), INTERVAL_MS).unref()
  }

  said(): void {
    this.#count++
  }

  /** Removes what is shown, for a line of its own. */
  clear(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K')
    this.#isShown = false
  }

  end(): void {
    clearInterval(this.#timer)
    this.clear()
  }

  #show(): void {
    process.stderr.write(`\r${this.#count} lines said`)
    this.#isShown = true
  }
}
