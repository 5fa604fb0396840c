import { lines, objectAt, objectsIn, type Payload, textIn, words } from './payload.ts'

/** Returns the text of a message for Discord's webhooks: `content` and its embeds. */
export function discordText({ content, embeds }: Payload): string {
  return lines([textIn(content), ...objectsIn(embeds).map(embedText)])
}

function embedText(embed: Payload): string {
  const { title, url, description, fields } = embed
  return lines([
    textIn(objectAt(embed, 'author').name),
    words(textIn(title), textIn(url)),
    textIn(description),
    ...objectsIn(fields).map(({ name, value }) => [textIn(name), textIn(value)].filter(Boolean).join(': ')),
    textIn(objectAt(embed, 'footer').text),
  ])
}
