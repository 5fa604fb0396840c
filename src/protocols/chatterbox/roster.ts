import { fold } from '../../chat/names.ts'

/** Names ever seen that are shown, at most; whoever is here is shown in any case. */
export const EVERYBODY = 10_000

export type Known = {
  readonly name: string
  /** Whether he is here. */
  readonly active: boolean
}

/** Everybody ever seen, in order of appearance, and whether he is here. Who is here is written as he wrote it himself. */
export function roster(seen: readonly string[], online: readonly string[]): Known[] {
  const here = new Map(online.map((name) => [fold(name), name]))
  const known = seen.map((name): Known => {
    const key = fold(name)
    const written = here.get(key)
    here.delete(key)
    return { name: written ?? name, active: written !== undefined }
  })
  for (const name of here.values()) known.push({ name, active: true })
  return known
}
