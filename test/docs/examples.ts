/** The examples of the documentation: every fenced block, with what it is said to print. */
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Example {
  readonly file: string
  /** Where its fence stands, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** The block right behind it, where that is output. */
  readonly output: string | undefined
}

/** Other names of languages. */
const NAMES: Readonly<Record<string, string>> = { bash: 'sh', shell: 'sh', javascript: 'js', mjs: 'js', py: 'python' }
/** Languages of blocks that show what the block before them prints. */
const OUTPUT = new Set(['text', 'json', 'jsonl'])
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w-]*)[^`]*$/

/** All documents that are for readers, by their paths from the root. The changelog tells of what was. */
export function documents(): string[] {
  return globSync(['*.md', 'docs/**/*.md'], { cwd: root })
    .filter((file) => file !== 'CHANGELOG.md')
    .toSorted()
}

export function examplesOf(file: string): Example[] {
  return examplesIn(readFileSync(join(root, file), 'utf8'), file)
}

export function examplesIn(text: string, file: string): Example[] {
  const examples: Example[] = []
  const lines = text.split('\n')
  /** Whether nothing but blank lines stands between the last block and this line. */
  let adjacent = false
  for (let at = 0; at < lines.length; at++) {
    const [, fence, language = ''] = FENCE.exec(lines[at] ?? '') ?? []
    if (fence === undefined) {
      adjacent &&= lines[at]?.trim() === ''
      continue
    }
    const end = lines.findIndex((line, place) => place > at && line.trim().startsWith(fence))
    if (end === -1) throw new Error(`${file}:${at + 1}: a block without an end`)
    const code = lines.slice(at + 1, end).join('\n')
    const before = examples.at(-1)
    if (OUTPUT.has(language) && adjacent && before && before.output === undefined) {
      examples[examples.length - 1] = { ...before, output: code }
    } else {
      examples.push({ file, line: at + 1, language: NAMES[language] ?? language, code, output: undefined })
    }
    at = end
    adjacent = true
  }
  return examples
}

export const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, '<time>'],
  [/\[(\d{4}-\d\d-\d\d )?\d\d:\d\d\]/g, '[<time>]'],
  [/"id":"\d+"/g, '"id":"<id>"'],
  [TOKEN, '<token>'],
  [/@[0-9a-f]{8}\b/g, '@<digest>'],
  [/\b[0-9a-f]{32,}\b/g, '<key>'],
]

/** Replaces what is another one each time: times, ids, tokens, digests and keys. */
export function masked(text: string): string {
  return MASKS.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text.trimEnd())
}
