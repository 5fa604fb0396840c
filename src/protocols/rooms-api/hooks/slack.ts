import { shortened } from '../../../chat/text.ts'
import { objectIn, objectsIn, type Payload, scalarIn, words } from './payload.ts'

/** Maximum characters of Slack's markup for one that is shown, such as `&amp;`. */
const MARKUP = 5

/**
 * Returns the text of a message for Slack's incoming webhooks: `text`, or else its blocks, and its attachments. Of what is longer than `maxText`
 * characters the end may be missing.
 */
export function slackText(payload: Payload, maxText: number): string {
  return joined(partsOf(payload, maxText), maxText)
}

/** Joins the parts of a message that are not empty, until they are longer than any message. */
function joined(parts: Iterable<string>, maxText: number, joint = '\n'): string {
  let text = ''
  for (const part of parts) {
    if (part !== '') text += text === '' ? part : joint + part
    // A character has at most two UTF-16 units.
    if (text.length > 2 * maxText) break
  }
  return text
}

function* partsOf({ text, blocks, attachments }: Payload, maxText: number): Generator<string> {
  yield plain(text, maxText) || blocksText(blocks, maxText)
  for (const attachment of objectsIn(attachments))
    yield joined(attachmentParts(attachment, maxText), maxText) || plain(attachment.fallback, maxText)
}

function* attachmentParts(attachment: Payload, maxText: number): Generator<string> {
  const { pretext, title, title_link, text, fields, blocks } = attachment
  yield plain(pretext, maxText)
  yield words(plain(title, maxText), scalarIn(title_link))
  yield plain(text, maxText)
  for (const field of objectsIn(fields))
    yield joined([plain(field.title, maxText), plain(field.value, maxText)], maxText, ': ')
  yield blocksText(blocks, maxText)
}

function blocksText(blocks: unknown, maxText: number): string {
  return joined(blockParts(blocks, maxText), maxText)
}

function* blockParts(blocks: unknown, maxText: number): Generator<string> {
  for (const block of objectsIn(blocks)) {
    yield plain(objectIn(block.text).text, maxText)
    for (const { text } of objectsIn(block.fields)) yield plain(text, maxText)
    yield joined(elementTexts(block.elements, maxText), maxText, ' ')
  }
}

/** Yields the texts of the elements of a context or rich-text block. Buttons have an object for their text, and are left out. */
function* elementTexts(elements: unknown, maxText: number): Generator<string> {
  for (const { text, elements: parts } of objectsIn(elements))
    yield plain(text, maxText) || joined(elementTexts(parts, maxText), maxText, '')
}

/** Replaces the escapes and links of Slack's markup: `<https://example.com|label>`, `<!here>`, `&lt;`. */
function plain(value: unknown, maxText: number): string {
  const text = scalarIn(value)
  if (text === '') return text
  const most = maxText * MARKUP
  return (text.length > most ? shortened(text, most) : text)
    .replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (_, target: string, label = '') => {
      if (target.startsWith('!')) return label || `@${target.slice(1).split('^', 1)[0]}`
      if (/^[@#]/.test(target)) return label ? `${target.charAt(0)}${label.replace(/^[@#]/, '')}` : target
      const address = target.replace(/^mailto:/, '')
      return label && label !== address ? `${label} (${address})` : address
    })
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
