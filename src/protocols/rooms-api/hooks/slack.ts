import { lines, objectAt, objectsIn, type Payload, scalarIn, words } from './payload.ts'

/** Returns the text of a message for Slack's incoming webhooks: `text`, or else its blocks, and its attachments. */
export function slackText(payload: Payload): string {
  return lines([
    plain(scalarIn(payload.text)) || blocksText(payload.blocks),
    ...objectsIn(payload.attachments).map(attachmentText),
  ])
}

function attachmentText(attachment: Payload): string {
  const { pretext, title, title_link, text, fields, blocks, fallback } = attachment
  const shown = lines([
    plain(scalarIn(pretext)),
    words(plain(scalarIn(title)), scalarIn(title_link)),
    plain(scalarIn(text)),
    ...objectsIn(fields).map((field) =>
      [field.title, field.value]
        .map((part) => plain(scalarIn(part)))
        .filter(Boolean)
        .join(': '),
    ),
    blocksText(blocks),
  ])
  return shown || plain(scalarIn(fallback))
}

function blocksText(blocks: unknown): string {
  return lines(
    objectsIn(blocks).flatMap((block) => [
      plain(scalarIn(objectAt(block, 'text').text)),
      ...objectsIn(block.fields).map(({ text }) => plain(scalarIn(text))),
      objectsIn(block.elements).map(elementText).filter(Boolean).join(' '),
    ]),
  )
}

/** Returns the text of an element of a context or rich-text block. Buttons have an object for their text, and are left out. */
function elementText({ text, elements }: Payload): string {
  return plain(scalarIn(text)) || objectsIn(elements).map(elementText).join('')
}

/** Replaces the escapes and links of Slack's markup: `<https://example.com|label>`, `<!here>`, `&lt;`. */
function plain(text: string): string {
  return text
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
