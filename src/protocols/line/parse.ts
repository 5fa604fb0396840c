import type { Command } from '../../../commands/command.ts'

/** A parsed line. */
export type Parsed =
  | Spelled
  /** The first word of a line that begins with a slash and is no command. */
  | { readonly unknown: string }

interface Spelled {
  readonly command: Command
  readonly parameter: string
}

interface Spelling {
  readonly word: string
  readonly command: Command
}

/** Parses lines by a table of commands (docs/protocols/line.md, section 2.1). A line without a command is one of `fallback`. */
export class Parser {
  /** Spellings without a slash by first letter, the longest first. */
  readonly #plain = new Map<string, Spelling[]>()
  readonly #slashed: Spelling[]
  readonly #fallback: Command

  constructor(commands: readonly Command[], fallback: Command) {
    this.#fallback = fallback
    const spellings = commands
      .flatMap((command) => [command.name, ...(command.aliases ?? [])].map((word) => ({ word, command })))
      .sort((a, b) => b.word.length - a.word.length)
    for (const spelling of spellings) {
      const first = spelling.word.charAt(0)
      if (first !== '/') this.#plain.set(first, [...(this.#plain.get(first) ?? []), spelling])
    }
    this.#slashed = spellings.map(({ word, command }) => {
      return { word: (word.startsWith('/') ? word.slice(1) : word).toUpperCase(), command }
    })
  }

  parse(line: string): Parsed {
    if (line.startsWith('/')) return this.#slash(line.slice(1))
    const spellings = this.#plain.get(line.charAt(0))
    return (spellings && match(spellings, line, line)) ?? { command: this.#fallback, parameter: line }
  }

  /**
   * Returns the command that a text begins with in another case, such as `login ann`; one that takes a slash only if there is nothing
   * else in the line.
   */
  resembling(text: string): Command | undefined {
    const found = this.#inAnyCase(text)
    return found && (found.parameter === '' || !found.command.name.startsWith('/')) ? found.command : undefined
  }

  #slash(line: string): Parsed {
    return this.#inAnyCase(line) ?? { unknown: `/${line.split(/[ \t]/, 1)[0]}` }
  }

  #inAnyCase(line: string): Spelled | undefined {
    const key = line.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    return match(this.#slashed, key, line)
  }
}

/** Finds the command that a line begins with; `key` is the line in the case that is compared. */
function match(spellings: readonly Spelling[], key: string, line: string): Spelled | undefined {
  for (const { word, command } of spellings) {
    if (!key.startsWith(word)) continue
    if (line.length > word.length && !isBlank(line, word.length)) continue
    const parameter = trim(line, word.length)
    if (command.least === 'none' && parameter !== '') continue
    return { command, parameter }
  }
  return undefined
}

/** Returns the rest of a line from `start` without surrounding blanks; a regular expression would take quadratic time. */
function trim(line: string, start: number): string {
  let from = start
  let to = line.length
  while (from < to && isBlank(line, from)) from++
  while (to > from && isBlank(line, to - 1)) to--
  return line.slice(from, to)
}

function isBlank(line: string, index: number): boolean {
  const character = line.charCodeAt(index)
  return character === 0x20 || character === 0x09
}
