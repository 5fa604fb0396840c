import { isUtf8 } from 'node:buffer'
import { hasControls, owned } from '../../chat/text.ts'
import { show } from './terminal.ts'

const PRINTABLE = /^[\t -~]*$/

/** Decodes a line of bytes as latin1 characters, without its trailing carriage return. Undefined if it is not UTF-8. */
export function decodeLine(bytes: string): string | undefined {
  const line = bytes.endsWith('\r') ? bytes.slice(0, -1) : bytes
  if (PRINTABLE.test(line)) return owned(line)
  const buffer = Buffer.from(line, 'latin1')
  return isUtf8(buffer) ? showLine(buffer.toString()) : undefined
}

/** Returns the text of a line as a terminal shows it, without a reference to a larger string. */
export function showLine(text: string): string {
  return hasControls(text) ? show(text).text : owned(text)
}
