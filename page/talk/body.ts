/** The text of a message as nodes: links, code, names of rooms and of users. */
import { make } from '../dom.ts'

/** Names that a text may have, and who reads it. */
export interface TextContext {
  readonly me: string
  isRoom(name: string): boolean
  isMember(name: string): boolean
}

/** Parts other than plain text that are shown as such. */
const MOST_PARTS = 60
/** Lines of a block that are shown at first. */
const MOST_LINES = 16

const FENCED = /```(?:[\w+#.-]*[ \t]*\n)?([\s\S]+?)```\n?/g
/** Characters of an address; those that turn the direction of writing are not. */
const IN_URL = '[^\\s<>"`\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]'
const BRACKETS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

const patterns = new Map<string, RegExp>()

function patternFor(me: string) {
  let pattern = patterns.get(me)
  if (!pattern) {
    const name = me.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    pattern = new RegExp(
      [
        '`(?<code>[^`\\n]+)`',
        `(?<![\\p{L}\\p{N}])(?<link>(?:https?://|www\\.)${IN_URL}+)`,
        '(?<![\\w.+-])(?<mail>[\\w.+-]{1,64}@[\\w-]+(?:\\.[\\w-]+)+)',
        '(?<![\\p{L}\\p{N}_&/#])#(?<room>[a-z0-9](?:[\\w.-]*\\w)?)',
        ...(name === '' ? [] : [`(?<![\\p{L}\\p{N}_])(?<me>@?${name})(?![\\p{L}\\p{N}_])`]),
        '(?<![\\p{L}\\p{N}_@])@(?<at>[^\\s@,:;!?()]{1,64})',
        '^(?<lead>[^\\s,:]{1,64})(?=[,:] )',
      ].join('|'),
      'giu',
    )
    patterns.set(me, pattern)
  }
  return pattern
}

/**
 * Returns the nodes of a text. One of several lines is a block with fixed width, as it is a log or a program more often than not, unless its
 * author has fenced the parts that are.
 *
 * @param isWhole shows all of a long block
 */
export function bodyOf(text: string, context: TextContext, isWhole: boolean): (Node | string)[] {
  const fences = [...text.matchAll(FENCED)]
  if (fences.length === 0 && text.includes('\n')) return [blockOf(text, isWhole, (shown) => inline(shown, context))]
  const nodes: (Node | string)[] = []
  let end = 0
  for (const { 0: found, 1: code = '', index } of fences.slice(0, 8)) {
    nodes.push(...inline(text.slice(end, index).replace(/\n$/, ''), context))
    nodes.push(blockOf(code.replace(/\n$/, ''), isWhole, (shown) => [shown]))
    end = index + found.length
  }
  return [...nodes, ...inline(text.slice(end), context)]
}

function blockOf(text: string, isWhole: boolean, nodesOf: (shown: string) => Iterable<Node | string>) {
  const lines = text.split('\n')
  const isCut = !isWhole && lines.length > MOST_LINES
  const shown = isCut ? lines.slice(0, MOST_LINES).join('\n') : text
  const block = make('div', 'block', make('pre', '', ...nodesOf(shown)), act('copy-block', 'Copy'))
  if (isCut) block.append(act('whole', `Show all ${lines.length} lines`))
  return block
}

/** A button without a listener: the log listens for all of them. */
function act(className: string, text: string) {
  const button = make('button', className, text)
  button.type = 'button'
  button.tabIndex = -1
  return button
}

function* inline(text: string, context: TextContext): Generator<Node | string> {
  let end = 0
  let count = 0
  for (const { 0: found, index, groups } of text.matchAll(patternFor(context.me))) {
    if (index < end) continue
    const part = partOf(found, groups as Groups, context)
    if (!part) continue
    if (index > end) yield text.slice(end, index)
    yield part.node
    end = index + part.length
    if (++count >= MOST_PARTS) break
  }
  if (end < text.length) yield text.slice(end)
}

type Groups = Readonly<Partial<Record<'code' | 'link' | 'mail' | 'room' | 'me' | 'at' | 'lead', string>>>

/** Returns a node and the length of the text that it stands for; undefined for plain text. */
function partOf(found: string, { code, link, mail, room, me, at, lead }: Groups, context: TextContext) {
  const whole = (node: Node) => ({ node, length: found.length })
  if (code) return whole(make('code', '', code))
  if (link) return linkOf(link)
  if (mail) return whole(anchor(mail, `mailto:${mail}`))
  if (room) return context.isRoom(room) ? whole(roomLink(found, room)) : undefined
  if (me) return whole(make('span', 'at me', me))
  if (at) {
    const name = at.replace(/[.'"]+$/, '')
    return context.isMember(name) ? { node: make('span', 'at', `@${name}`), length: name.length + 1 } : undefined
  }
  return lead && context.isMember(lead) ? whole(make('span', 'at', lead)) : undefined
}

function linkOf(text: string) {
  const shown = withoutEnd(text)
  const href = shown.startsWith('http') ? shown : `http://${shown}`
  // "www." and "http://" alone are none.
  if (!URL.canParse(href) || !/^(?:https?:\/\/|www\.)[^/]/i.test(shown)) return undefined
  return { node: anchor(shown, href), length: shown.length }
}

/** Removes what ends a sentence, and closing brackets without an opening one. */
function withoutEnd(text: string) {
  let end = text.length
  const open = new Map(Object.entries(BRACKETS).map(([close, open]) => [close, count(text, close) - count(text, open)]))
  for (; end > 0; end--) {
    const last = text[end - 1] ?? ''
    const surplus = open.get(last)
    if (surplus === undefined ? !/[.,:;!?'*_~]/.test(last) : surplus <= 0) break
    if (surplus !== undefined) open.set(last, surplus - 1)
  }
  return text.slice(0, end)
}

function count(text: string, character: string) {
  return text.split(character).length - 1
}

function anchor(text: string, href: string) {
  const link = make('a', '', text)
  link.href = href
  link.target = '_blank'
  link.rel = 'noopener noreferrer nofollow'
  return link
}

function roomLink(text: string, room: string) {
  const link = make('a', 'at', text)
  link.href = `#${encodeURIComponent(room)}`
  return link
}
