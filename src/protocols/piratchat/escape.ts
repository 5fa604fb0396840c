const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '[': '&#91;',
  ']': '&#93;',
  '`': '&#96;',
}

/** Writes a text for a client that renders it as Markdown and HTML. Plain addresses still become links there. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[&<>[\]`]/g, (character) => ENTITIES[character] ?? character)
}
