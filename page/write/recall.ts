/** The texts that have been said during the visit, newest last; arrow keys bring them back. */
const MOST = 50

export class Recall {
  #texts: string[] = []
  /** Place of the text that is shown; behind the last one for none. */
  #at = 0

  add(text: string) {
    this.#texts = [...this.#texts.filter((each) => each !== text), text].slice(-MOST)
    this.#at = this.#texts.length
  }

  /** Returns the text a step away from the one that is shown, if `shown` is that or empty; undefined where there is none. */
  move(step: 1 | -1, shown: string): string | undefined {
    if (shown === '') this.#at = this.#texts.length
    else if (shown !== this.#texts[this.#at]) return undefined
    const at = this.#at + step
    if (at < 0 || at > this.#texts.length) return undefined
    this.#at = at
    return this.#texts[at] ?? ''
  }

  clear() {
    this.#texts = []
    this.#at = 0
  }
}
