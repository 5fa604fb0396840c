/**
 * Indents each line but the first by two spaces. Clients show a message after its sender's name, so that an unindented line could
 * look like a message of another sender (spoofing).
 */
export function indentLines(text: string): string {
  return text.replaceAll('\n', '\n  ')
}
