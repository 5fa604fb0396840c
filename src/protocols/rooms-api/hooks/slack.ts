import { shortened } from '../../../chat/text.ts'
import { lines, objectIn, objectsIn, type Payload, scalarIn, words } from './payload.ts'

/** Maximum characters of a part of a message. */
const LONGEST_PART = 16_384

/** Returns the text of a message for Slack's incoming webhooks: `text`, or else its blocks, and its attachments. */
export function slackText(payload: Payload): string {
  return lines(partsOf(payload))
}

function* partsOf({ text, blocks, attachments }: Payload): Generator<string> {
  yield plain(text) || blocksText(blocks)
  for (const attachment of objectsIn(attachments))
    yield lines(attachmentParts(attachment)) || plain(attachment.fallback)
}

function* attachmentParts({ pretext, title, title_link, text, fields, blocks }: Payload): Generator<string> {
  yield plain(pretext)
  yield words(plain(title), scalarIn(title_link))
  yield plain(text)
  for (const field of objectsIn(fields)) yield lines([plain(field.title), plain(field.value)], ': ')
  yield blocksText(blocks)
}

function blocksText(blocks: unknown): string {
  return lines(blockParts(blocks))
}

function* blockParts(blocks: unknown): Generator<string> {
  for (const block of objectsIn(blocks)) {
    yield plain(objectIn(block.text).text)
    for (const { text } of objectsIn(block.fields)) yield plain(text)
    yield lines(elementTexts(block.elements), ' ')
  }
}

/** Yields the texts of the elements of a context or rich-text block. Buttons have an object for their text, and are left out. */
function* elementTexts(elements: unknown): Generator<string> {
  for (const { text, elements: parts } of objectsIn(elements)) yield plain(text) || lines(elementTexts(parts), '')
}

/** Replaces the escapes and links of Slack's markup: `<https://example.com|label>`, `<!here>`, `&lt;`. */
function plain(value: unknown): string {
  const text = scalarIn(value)
  return (text.length > LONGEST_PART ? shortened(text, LONGEST_PART) : text)
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
