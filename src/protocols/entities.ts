const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '[': '&#91;',
  ']': '&#93;',
  '`': '&#96;',
}

/** Escapes HTML text between tags; not for attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, entityOf)
}

/** Escapes a text for clients that render it as Markdown and HTML. Plain URLs still become links. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[&<>[\]`]/g, entityOf)
}

function entityOf(character: string): string {
  return ENTITIES[character] ?? character
}
