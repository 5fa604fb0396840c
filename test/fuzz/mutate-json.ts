import fc from 'fast-check'
import { oddValue } from './values.ts'

type Path = readonly string[]
type Container = Record<string, unknown>

/** Where the values within a value are, itself included. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
}

/** A copy in which `change` was applied to what contains the value at a path. */
function changed(value: unknown, path: Path, change: (container: Container, key: string) => void): unknown {
  const root: Container = { value: structuredClone(value) }
  const whole = ['value', ...path]
  let container = root
  for (const key of whole.slice(0, -1)) container = container[key] as Container
  change(container, whole.at(-1) ?? '')
  return root.value
}

const EDITS: readonly ((json: string) => string)[] = [
  (json) => json.replace(/\d+/, '9'.repeat(400)),
  (json) => json.replace(/\d+/, (digits) => `-${digits}e99`),
  (json) => json.replace('{', '{"__proto__":{"x":1},'),
  (json) => json.replace(/("[^"]*"):/, '$1:null,$1:'),
  (json) => json.replaceAll('"', "'"),
  (json) => json.replace(/[a-z]/, '\\ud800'),
  (json) => json.replace(/[a-z]/, '\\u0000\\u202e'),
  (json) => `\ufeff${json}`,
  (json) => `${json},`,
  (json) => `${json}${json}`,
  (json) => `[${json}]`,
  (json) => json.slice(0, -1),
  (json) => `${'['.repeat(5_000)}${json}${']'.repeat(5_000)}`,
  (json) => json.replace(/,/g, `,${' '.repeat(3_000)}`),
  (json) => json.replace(/"([^"]*)"$/, `"$1${'\\u00e9'.repeat(3_000)}"`),
]

/** JSON of a value, or of it with one part replaced, removed or added, or with a fault in its text. */
export function spoiled(value: unknown): fc.Arbitrary<string> {
  const json = JSON.stringify(value)
  const path = fc.constantFrom(...pathsOf(value))
  const replaced = fc.tuple(path, oddValue).map(([at, other]) =>
    changed(value, at, (container, key) => {
      container[key] = other
    }),
  )
  const removed = path.map((at) =>
    changed(value, at, (container, key) => {
      delete container[key]
    }),
  )
  const added = fc.tuple(path, oddValue).map(([at, other]) =>
    changed(value, at, (container) => {
      container.extra = other
    }),
  )
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(json) },
    { weight: 3, arbitrary: fc.oneof(replaced, removed, added).map((other) => JSON.stringify(other) ?? '') },
    fc.constantFrom(...EDITS).map((edit) => edit(json)),
  )
}
