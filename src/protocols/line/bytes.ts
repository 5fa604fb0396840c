import { isUtf8 } from 'node:buffer'

/**
 * Telnet's in-band commands (RFC 854): options, subnegotiations (to the end of the line where they have none of their own),
 * the rest. 0xFF never occurs in UTF-8.
 */
const TELNET = /\xff(?:[\xfb-\xfe].?|\xfa.*?(?:\xff\xf0|$)|.?)/gs
const ASCII = /^[\0-\x7f]*$/

/**
 * The text of a line read byte for byte (latin1): without telnet negotiation and without the carriage return at its end.
 * Undefined when it is not UTF-8.
 */
export function decodeLine(bytes: string): string | undefined {
  const line = bytes.includes('\xff') ? bytes.replace(TELNET, '') : bytes
  const ended = line.endsWith('\r') ? line.slice(0, -1) : line
  if (ASCII.test(ended)) return ended
  const buffer = Buffer.from(ended, 'latin1')
  return isUtf8(buffer) ? buffer.toString() : undefined
}
