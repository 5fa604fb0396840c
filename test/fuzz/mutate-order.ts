import fc from 'fast-check'

/** How often something is repeated that is. */
const MOST_REPEATS = 60

/** A list as it is, or with an item left out, repeated, moved or put twice. */
export function disordered<T>(list: readonly T[]): fc.Arbitrary<readonly T[]> {
  if (list.length === 0) return fc.constant(list)
  const place = fc.nat(list.length - 1)
  const without = place.map((at) => list.toSpliced(at, 1))
  const repeated = fc.tuple(place, fc.nat(MOST_REPEATS)).map(([at, times]) => {
    const item = list.slice(at, at + 1)
    return list.toSpliced(at, 1, ...Array.from({ length: times }, () => item).flat())
  })
  const moved = fc
    .tuple(place, place)
    .map(([from, to]) => list.toSpliced(from, 1).toSpliced(to, 0, ...list.slice(from, from + 1)))
  const twice = fc.constant([...list, ...list])
  const shuffled = fc.shuffledSubarray([...list])
  return fc.oneof({ weight: 8, arbitrary: fc.constant(list) }, without, repeated, moved, twice, shuffled)
}
