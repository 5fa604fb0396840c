const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '[': '&#91;',
  ']': '&#93;',
  '`': '&#96;',
}

/** Escapes a text for clients that render it as Markdown and HTML. Plain URLs still become links. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[&<>[\]`]/g, (character) => ENTITIES[character] ?? character)
}
