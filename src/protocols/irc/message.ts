/** The syntax of IRC messages (Modern IRC Client Protocol, "Message Format"; IRCv3, "Message Tags"). */

/** Maximum bytes of a line without its end and tags, and of the tags that a client sends, `@` included. */
export const MAX_LINE_BYTES = 510
export const MAX_TAG_BYTES = 4_095

/** Lines without their ends. */
export type Lines = readonly string[]

/** A message from a client. Its source is ignored. */
export interface IrcMessage {
  /** In upper case. */
  readonly command: string
  readonly params: readonly string[]
  readonly tags: ReadonlyMap<string, string>
}

const NO_TAGS: ReadonlyMap<string, string> = new Map()
const MESSAGE = /^(?:@(?<tags>[^ ]*) +)?(?: *:[^ ]* +)? *(?<command>[^ ]*) *(?<rest>.*)$/s

/** Parses a line; undefined for a line without a command. */
export function parseIrcMessage(line: string): IrcMessage | undefined {
  const { tags, command = '', rest = '' } = MESSAGE.exec(line)?.groups ?? {}
  if (command === '') return undefined
  return { command: command.toUpperCase(), params: paramsOf(rest), tags: tags === undefined ? NO_TAGS : tagsOf(tags) }
}

/** Returns true if a line, or its tags, are longer than a client may send. */
export function isLineTooLong(line: string): boolean {
  if (Buffer.byteLength(line) <= MAX_LINE_BYTES) return false
  const end = line.startsWith('@') ? line.indexOf(' ') + 1 : 0
  return (
    Buffer.byteLength(line.slice(0, end)) > MAX_TAG_BYTES + 1 || Buffer.byteLength(line.slice(end)) > MAX_LINE_BYTES
  )
}

function paramsOf(rest: string): string[] {
  const params: string[] = []
  for (let left = rest; left !== ''; ) {
    if (left.startsWith(':')) return [...params, left.slice(1)]
    const end = left.indexOf(' ')
    if (end < 0) return [...params, left]
    params.push(left.slice(0, end))
    left = left.slice(end).replace(/^ +/, '')
  }
  return params
}

const ESCAPES: Readonly<Record<string, string>> = { ':': ';', s: ' ', r: '\r', n: '\n', '\\': '\\' }
const ESCAPED: Readonly<Record<string, string>> = { ';': '\\:', ' ': '\\s', '\r': '\\r', '\n': '\\n', '\\': '\\\\' }

function tagsOf(text: string): Map<string, string> {
  const tags = new Map<string, string>()
  for (const tag of text.split(';')) {
    const [, key = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(tag) ?? []
    if (key !== '')
      tags.set(
        key,
        value.replace(/\\(.?)/gs, (_, escaped: string) => ESCAPES[escaped] ?? escaped),
      )
  }
  return tags
}

/** Returns tags as the beginning of a line, with a space behind them; empty for none. */
export function tagText(tags: readonly (readonly [key: string, value: string])[]): string {
  if (tags.length === 0) return ''
  const escaped = (value: string) => value.replace(/[; \r\n\\]/g, (character) => ESCAPED[character] ?? '')
  return `@${tags.map(([key, value]) => (value === '' ? key : `${key}=${escaped(value)}`)).join(';')} `
}

/**
 * Returns a line without its end. The last parameter may be any text without line feeds; another one that cannot stand as a word, such as an
 * unknown name with a space that is told back, is `*`.
 */
export function ircLine(source: string, command: string, params: readonly string[]): string {
  let line = `:${source} ${command}`
  const last = params.length - 1
  for (let index = 0; index <= last; index++) {
    const param = params[index] ?? ''
    const isWord = param !== '' && !param.startsWith(':') && !param.includes(' ')
    if (index === last) line += ` :${param}`
    else line += isWord ? ` ${param}` : ' *'
  }
  return line
}

/** Maximum bytes of a character of a JavaScript string in UTF-8. */
const MAX_CHARACTER_BYTES = 3

/**
 * Returns a line, cut to the bytes that it may have behind its tags, with spaces for ends of lines: a refused word or a topic of another
 * protocol may be too long, or have several lines.
 */
export function fitted(text: string): string {
  const line = /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text
  if (line.length * MAX_CHARACTER_BYTES <= MAX_LINE_BYTES) return line
  const start = line.startsWith('@') ? line.indexOf(' ') + 1 : 0
  const bytes = Buffer.from(line.slice(start))
  if (bytes.length <= MAX_LINE_BYTES) return line
  let end = MAX_LINE_BYTES
  // Bytes 10xxxxxx are not the first of a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return line.slice(0, start) + bytes.toString('utf8', 0, end)
}

/** A part of a text that fits into a line. */
export interface Piece {
  readonly text: string
  /** True if the piece continues the line of the piece before, with `text` behind the space or character at which it was cut. */
  readonly continues: boolean
}

/** Splits a text into pieces of at most `maxBytes`, at line feeds, and where a line is too long behind a space or else between characters. */
export function piecesOf(text: string, maxBytes: number): Piece[] {
  return text
    .split('\n')
    .flatMap((line) => splitLine(line, maxBytes).map((piece, index) => ({ text: piece, continues: index > 0 })))
}

function splitLine(line: string, maxBytes: number): string[] {
  const pieces: string[] = []
  let left = line
  while (Buffer.byteLength(left) > maxBytes) {
    let [bytes, end] = [0, 0]
    for (const character of left) {
      bytes += Buffer.byteLength(character)
      if (bytes > maxBytes && end > 0) break
      end += character.length
    }
    const space = left.lastIndexOf(' ', end)
    // A space far from the end would make pieces that are too short.
    const cut = space > end / 2 && space < end ? space + 1 : end
    pieces.push(left.slice(0, cut))
    left = left.slice(cut)
  }
  return [...pieces, left]
}

/** Returns the client-only tags of a message, which other clients are shown; undefined if there are none. */
export function clientTagsOf({ tags }: IrcMessage): Readonly<Record<string, string>> | undefined {
  const own = [...tags].filter(([key]) => key.startsWith('+'))
  return own.length > 0 ? Object.fromEntries(own) : undefined
}

/** Returns the bytes that a line may still have. */
export function spaceIn(line: string): number {
  return MAX_LINE_BYTES - Buffer.byteLength(line)
}

/** Returns as few lines as hold all words. `line` returns one with some of them. */
export function linesWith(words: readonly string[], line: (text: string) => string, joint = ' '): string[] {
  return packed(words, spaceIn(line('')), joint).map(line)
}

/** Joins words to texts of at most `maxBytes`. */
export function packed(words: readonly string[], maxBytes: number, joint = ' '): string[] {
  const texts: string[] = []
  let text = ''
  for (const word of words) {
    const longer = text === '' ? word : text + joint + word
    if (text !== '' && Buffer.byteLength(longer) > maxBytes) {
      texts.push(text)
      text = word
    } else text = longer
  }
  return text === '' ? texts : [...texts, text]
}

/** Returns the items of a list that are not empty, such as targets; commas separate them. */
export function itemsOf(list: string): string[] {
  return list.split(',').filter((item) => item !== '')
}
