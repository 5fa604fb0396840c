/** Reads Markdown for its links, anchors and numbered sections, and source text for its references to documents. */

const FENCE = /^ {0,3}(```|~~~)/
const HEADING = /^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$/
const LINK = /\]\([ \t]*<?([^)<>\s]+)>?(?:[ \t]+(?:"[^"]*"|'[^']*'))?[ \t]*\)/g
const DEFINITION = /^ {0,3}\[[^\]]+\]:[ \t]*<?([^\s<>]+)>?/
const HTML_LINK = /<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]+)"/g
const HTML_ANCHOR = /<[a-z]+\b[^>]*?\b(?:id|name)="([^"]+)"/g

/** A Markdown document without the contents of its code blocks; lines keep their numbers. */
function linesOf(markdown: string): string[] {
  let fence: string | undefined
  return markdown.split('\n').map((line) => {
    const [, mark] = FENCE.exec(line) ?? []
    if (mark === undefined) return fence === undefined ? line : ''
    if (fence === undefined) fence = mark
    else if (fence === mark) fence = undefined
    return ''
  })
}

function withoutCode(line: string): string {
  return line.replace(/(`+)(?:(?!\1).)+\1/g, '')
}

export interface Link {
  readonly target: string
  /** Counted from 1. */
  readonly line: number
}

/** The links and pictures of a Markdown document that stay in the repository. */
export function relativeLinks(markdown: string): Link[] {
  return linesOf(markdown).flatMap((text, index) => {
    const plain = withoutCode(text)
    const targets = [...plain.matchAll(LINK), ...plain.matchAll(HTML_LINK)].map(([, target = '']) => target)
    const definition = DEFINITION.exec(plain)?.[1]
    if (definition !== undefined) targets.push(definition)
    return targets
      .filter((target) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
      .map((target) => ({ target, line: index + 1 }))
  })
}

/** The anchors of a Markdown document, as GitHub names them. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const line of linesOf(markdown)) {
    for (const [, name = ''] of withoutCode(line).matchAll(HTML_ANCHOR)) anchors.add(name)
    const [, title] = HEADING.exec(line) ?? []
    if (title === undefined) continue
    const slug = slugOf(title)
    let anchor = slug
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`
    anchors.add(anchor)
  }
  return anchors
}

function slugOf(title: string): string {
  const text = title.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

/**
 * The numbers that a document can be cited by: of its headings, such as `2.3`; of the numbered items below a heading, such as
 * `5.1`; of the rules in its tables, such as `R8`.
 */
export function citableNumbers(markdown: string): Set<string> {
  const numbers = new Set<string>()
  let section: string | undefined
  for (const line of linesOf(markdown)) {
    const [, title] = HEADING.exec(line) ?? []
    if (title !== undefined) section = /^(\d+(?:\.\d+)*)\.?(?:\s|$)/.exec(title)?.[1]
    if (title !== undefined && section !== undefined) numbers.add(section)
    const [, item] = /^(\d+)\. /.exec(line) ?? []
    if (section !== undefined && item !== undefined) numbers.add(`${section}.${item}`)
    const [, rule] = /^\| (R\d+) \|/.exec(line) ?? []
    if (rule !== undefined) numbers.add(rule)
  }
  return numbers
}

export interface Reference {
  /** Path from the root of the repository. */
  readonly file: string
  /** Sections and rules that are cited. */
  readonly numbers: readonly string[]
  readonly line: number
}

const SECTION = String.raw`\d+(?:\.\d+)*`
const RULE = String.raw`R\d+`
const NUMBER = new RegExp(`${RULE}|${SECTION}`, 'g')
const REFERENCE = new RegExp(
  String.raw`(?<![\w./-])(docs/[\w./-]+\.md)` +
    `(?:, ((?:sections? ${SECTION}|${RULE})(?:(?:, and | and |, | to )(?:(?:sections? )?${SECTION}|${RULE})\\b)*))?`,
  'g',
)
/** The break between two lines of a comment: the line feed, and the mark of the language with the blanks around it. */
const CONTINUATION = /\n[ \t]*(?:\*|\/\/|--|#)?[ \t]*/g

/**
 * The references in source text to files below docs/, with the sections that follow in the form `docs/protocols/line.md,
 * section 2.3` or `docs/protocols/README.md, R8`. A reference may be wrapped.
 */
export function referencesIn(source: string): Reference[] {
  const text = source.replace(CONTINUATION, '\n')
  const spaced = text.replaceAll('\n', ' ')
  return [...spaced.matchAll(REFERENCE)].map(({ 1: file = '', 2: list, index }) => ({
    file,
    numbers: list?.match(NUMBER) ?? [],
    line: text.slice(0, index).split('\n').length,
  }))
}
