export interface Context {
  /** The size to use: the full one, or the small one of a quick run. */
  size(full: number, small: number): number
  /** Writes a line for people who watch. */
  say(text: string): void
}

export type Scenario = (context: Context) => Promise<Figure[]>

/** A value that a scenario has found. */
export const figure = (name: string, value: number, unit: string, note = '') => ({ name, value, unit, note })
export type Figure = ReturnType<typeof figure>

export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Results of contestants that play in turn, so that a slower minute of the machine meets all of them. */
export class Rounds<T extends object> {
  readonly played = new Map<string, readonly T[]>()
  /** Contestants that could not play, with the reason. */
  readonly failed = new Map<string, string>()

  /** Has all contestants play. Those that are `optional` may fail, and are left out then. */
  async play(
    { say }: Context,
    what: string,
    contestants: Readonly<Record<string, () => Promise<T>>>,
    { rounds = 3, optional = [] }: { readonly rounds?: number; readonly optional?: readonly string[] } = {},
  ): Promise<this> {
    for (let number = 1; number <= rounds; number++) {
      for (const [name, play] of Object.entries(contestants)) {
        if (this.failed.has(name)) continue
        try {
          const round = await play()
          this.played.set(name, [...this.of(name), round])
          const values = Object.entries(round).map(([key, value]) => `${key} ${Number(value).toPrecision(4)}`)
          say(`${what}, round ${number}, ${name}: ${values.join(', ')}`)
        } catch (error) {
          if (!optional.includes(name)) throw error
          this.failed.set(name, String(error))
          say(`${name} is left out: ${error}`)
        }
      }
    }
    return this
  }

  of(name: string): readonly T[] {
    return this.played.get(name) ?? []
  }

  median(name: string, what: keyof T): number {
    return median(this.of(name).map((round) => Number(round[what])))
  }

  /** Median of the ratios to another contestant's round of the same number. */
  ratio(name: string, other: string, what: keyof T): number {
    const others = this.of(other)
    return median(this.of(name).map((round, index) => Number(round[what]) / Number(others[index]?.[what])))
  }
}
