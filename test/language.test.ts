/** The rules for names and comments (CONTRIBUTING.md, "Rules"). */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
/** A sentence that needs the declaration before it, or a relative clause without one. */
const FRAGMENT =
  /^(?:(?:what|who|whom|whose|which|whoever|whatever|whether|where|that|those who|somebody who|nobody|somebody)\b|(?:and|or|but|though|so|because|as)\b)/i

interface Source {
  readonly path: string
  readonly text: string
}

function sources(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && /\.(ts|lua)$/.test(file.name))
      .map((file) => join(file.parentPath, file.name))
      .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') })),
  )
}

/** The first line of the text of each documentation comment, with its place. */
function docComments({ path, text }: Source): { place: string; first: string }[] {
  return Array.from(text.matchAll(/\/\*\*\s*\n?\s*\*?\s*([^\n]*)/g), ({ index, 1: first = '' }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length}`,
    first: first.replace(/\*\/.*$/, '').trim(),
  }))
}

test('a documentation comment begins with a sentence of its own', () => {
  const wrong = sources('src', 'commands', 'page')
    .flatMap(docComments)
    .filter(({ first }) => FRAGMENT.test(first) || /^[a-z]/.test(first.replace(/^`[^`]*`/, 'X')))
  expect(wrong.map(({ place, first }) => `${place} ${first}`)).toEqual([])
})

test('an exported name has one meaning', () => {
  const places = new Map<string, string[]>()
  for (const { path, text } of sources('src', 'commands').filter(({ path }) => path.endsWith('.ts'))) {
    for (const name of exportsOf(text)) places.set(name, [...(places.get(name) ?? []), path])
  }
  const twice = [...places].filter(([, files]) => files.length > 1)
  expect(twice.map(([name, files]) => `${name}: ${files.join(', ')}`)).toEqual([])
})

/** The names that a file declares and exports, a value and a type of one name twice; not those that it passes on. Overloads are one name. */
function exportsOf(text: string): string[] {
  const declared =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|const|interface|type|enum) (\w+)/gm
  return Array.from(text.matchAll(declared), ([, name = '']) => name)
}
