/** What a scenario is and what it finds. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly note?: string
}

export interface Context {
  /** Small sizes, to see that everything runs. */
  readonly quick: boolean
  /** The size to use: the full one, or the small one of a quick run. */
  size(full: number, small: number): number
  /** A line for whoever is watching. */
  say(text: string): void
}

export interface Scenario {
  readonly name: string
  run(context: Context): Promise<Figure[]>
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
