import { lines, objectIn, objectsIn, type Payload, scalarIn, words } from './payload.ts'

/** Returns the text of a message for Discord's webhooks: `content` and its embeds. */
export function discordText({ content, embeds }: Payload): string {
  return lines([scalarIn(content), ...objectsIn(embeds).map(embedText)])
}

function embedText(embed: Payload): string {
  const { title, url, description, fields } = embed
  return lines([
    scalarIn(objectIn(embed.author).name),
    words(scalarIn(title), scalarIn(url)),
    scalarIn(description),
    ...objectsIn(fields).map(({ name, value }) => [scalarIn(name), scalarIn(value)].filter(Boolean).join(': ')),
    scalarIn(objectIn(embed.footer).text),
  ])
}
