/**
 * The checklist of docs/protocols/piratchat.md, section 7 (39): with --piratchat-escape no text drives the original's page. The
 * renderer is the page's own, marked; what the page does with a text before and after it is done here as there.
 */
import fc from 'fast-check'
import { marked } from 'marked'
import { expect, test } from 'vitest'
import { escapeMarkdown } from '../../../src/protocols/entities.ts'
import { join, pirateStage } from './stage.ts'

/** The HTML of a message in the page: calls such as `$img(…)` are taken out first, and paragraphs afterwards. */
function render(text: string): string {
  const cleaned = text.replace(/\$\w+\(.*?\)/g, '')
  return marked
    .parse(cleaned, { async: false })
    .replace(/<\/?(p|div)[^>]*>/g, '')
    .replace(/\n/g, ' ')
}

/** A whole tag, whose attributes are all in double quotes. */
const TAG = /^<\/?([a-z][a-z0-9]*)((?: [a-z]+="[^"<>]*")*) ?\/?>/
const ATTRIBUTE = / ([a-z]+)="([^"]*)"/g

/** What Markdown may make of a text, and the attributes that it may have there. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  a: { href: /^(https?|ftp|mailto):/ },
  code: { class: /^language-/ },
  ol: { start: /^\d+$/ },
  td: { align: /^(left|right|center)$/ },
  th: { align: /^(left|right|center)$/ },
  // A checkbox that cannot be clicked.
  input: { disabled: /^$/, type: /^checkbox$/, checked: /^$/ },
}
const PLAIN = 'blockquote br del em h1 h2 h3 h4 h5 h6 hr li p pre strong table tbody thead tr ul code ol td th'.split(
  ' ',
)

/** What is dangerous in HTML, by a reader that knows no tag and no attribute but the harmless ones; undefined where nothing is. */
function dangerIn(html: string): string | undefined {
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) {
    const [tag, name = '', attributes = ''] = TAG.exec(html.slice(at)) ?? []
    const allowed = ALLOWED[name]
    if (tag === undefined || (!allowed && !PLAIN.includes(name))) return html.slice(at, at + 80)
    for (const [, attribute = '', value = ''] of attributes.matchAll(ATTRIBUTE)) {
      if (!allowed?.[attribute]?.test(value)) return tag
    }
  }
  return undefined
}

/** Each does harm where only HTML is escaped, or where nothing is. */
const ATTACKS = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '<javascript:alert(1)>',
  '[x](javascript:alert(1))',
  '[x]( javascript:alert(1) "title")',
  '[x](java&#115;cript:alert(1))',
  '![x](javascript:alert(1))',
  '[x]: javascript:alert(1)\n\n[x]',
  '[![x](y)](javascript:alert(1))',
  '[a](data:text/html,x)',
  '$img([x](javascript:alert(1))',
  '[x]$b()(javascript:alert(1))',
]

const FRAGMENTS = [
  ...ATTACKS,
  ...'[ ] ( ) < > & ` ~ * _ # | \\ " \' : ! - + = $ . / @ \n'.split(' '),
  ...[
    '\n\n',
    '    ',
    '\t',
    '```',
    '~~~',
    '|-|',
    '\n-|-\n',
    '1. ',
    '- [ ] ',
    '> ',
    '$img(',
    '&#91;',
    '&lt;',
    '&amp;',
    '\\&',
  ],
  ...[
    'javascript:',
    'vbscript:',
    'data:',
    'https://a.b/',
    'www.a.b',
    'mailto:',
    'a@b.cc',
    ' onclick=',
    'alert(1)',
    'x',
  ],
]
const nasty = fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...FRAGMENTS) }, fc.string({ maxLength: 4 })), {
  maxLength: 12,
})

test('39. the check finds what is dangerous', () => {
  for (const text of ATTACKS.slice(0, 10)) expect(dangerIn(render(text)), text).toBeDefined()
  const html = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  expect(dangerIn(render(html('[x](javascript:alert(1))')))).toBe('<a href="javascript:alert(1)">')
  expect(dangerIn('<a href="https://a.b/" onclick="x">')).toBeDefined()
  expect(
    dangerIn(render('# *a* **b** ~~c~~ https://a.b/ `d`\n\n1. e\n\n~~~f\ng\n~~~\n\na|b\n-|:-\n1|2')),
  ).toBeUndefined()
})

test('39. no text makes a dangerous link, a handler or HTML of its own', () => {
  for (const text of ATTACKS) expect(dangerIn(render(escapeMarkdown(text))), text).toBeUndefined()
  fc.assert(
    fc.property(nasty, (parts) => {
      expect(dangerIn(render(escapeMarkdown(parts.join(''))))).toBeUndefined()
    }),
    { numRuns: 5_000 },
  )
})

test('39. nor is a link, a picture or code made of it, whose text is the same to read', () => {
  const text = 'a [b](https://c.d) `e` <f> & "g"'
  const shown = render(escapeMarkdown(text)).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
  expect(shown.trim()).toBe('a [b](<a href="https://c.d">https://c.d</a>) `e` &lt;f&gt; &amp; &quot;g&quot;')
})

test('39. from any protocol to a Piratchat client', async () => {
  const { line, together } = await pirateStage({ 'piratchat-escape': true })
  const [alice, bob] = await together('alice', 'bob')
  const ann = await line('ann', 'lobby')
  expect(await alice.next()).toEqual(join('ann'))
  for (const text of ATTACKS) {
    if (!text.includes('\n')) ann.send(`MESSAGE ${text}`)
    bob.send(text)
  }
  const count = ATTACKS.length + ATTACKS.filter((text) => !text.includes('\n')).length
  const messages = await alice.take(count)
  expect(messages.map(({ message }) => dangerIn(render(String(message))))).toEqual(messages.map(() => undefined))
  expect(messages).toContainEqual({ author: 'bob', message: '&#91;x&#93;(javascript:alert(1))' })
  await ann.rest()
})
