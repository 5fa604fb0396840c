/**
 * Puts two blanks after each line feed. Clients show a message as it is behind its sender's name, so that a further line could
 * pass for a message of somebody else.
 */
export function indentLines(text: string): string {
  return text.replaceAll('\n', '\n  ')
}
