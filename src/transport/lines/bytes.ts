import { isUtf8 } from 'node:buffer'
import { hasControls, owned } from '../../chat/text.ts'
import { show } from './terminal.ts'

const PRINTABLE = /^[\t -~]*$/

/** The text of a line of bytes as characters (latin1), without the carriage return at its end. Undefined when it is not UTF-8. */
export function decodeLine(bytes: string): string | undefined {
  const line = bytes.endsWith('\r') ? bytes.slice(0, -1) : bytes
  if (PRINTABLE.test(line)) return owned(line)
  const buffer = Buffer.from(line, 'latin1')
  return isUtf8(buffer) ? showLine(buffer.toString()) : undefined
}

/** The text of a line, as a terminal would show it, in memory of its own. */
export function showLine(text: string): string {
  return hasControls(text) ? show(text).text : owned(text)
}
