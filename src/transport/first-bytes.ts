// biome-ignore-all lint/suspicious/noControlCharactersInRegex: bytes as characters
/** Detects by its first bytes a client that speaks another protocol than that of the port. */
import type { Socket } from 'node:net'

/** A protocol or encoding that the port does not speak. */
export type Stranger = 'http' | 'tls' | 'utf-16'

/** Maximum bytes of a first line that are examined; a longer one is judged by its beginning. */
const MAX_EXAMINED_BYTES = 4_096

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** The four forms of a request target (RFC 9112, 3.2). */
const TARGET = String.raw`(?:\/[!-~]*|\*|[a-z][a-z0-9+.-]*:\/\/[!-~]*|[!-.0-~]+:\d+)`
const REQUEST_LINE = new RegExp(String.raw`^${TOKEN}[ \t]+${TARGET}[ \t]+HTTP\/\d+(?:\.\d+)?[ \t]*$`, 'i')
const REQUEST_LINE_BEGUN = new RegExp(String.raw`^${TOKEN}(?:[ \t]+[!-~]*){0,2}[ \t]*$`)
const LONG_REQUEST_LINE = new RegExp(String.raw`^${TOKEN}[ \t]+${TARGET}`, 'i')

/** A handshake record of SSL 3.0 to TLS 1.3 (RFC 8446, 5.1). */
const CLIENT_HELLO = /^\x16\x03[\0-\x04]/
const CLIENT_HELLO_BEGUN = /^\x16\x03?$/

/** A byte order mark, or two ASCII characters of two bytes each. FF FE also begins telnet's IAC DONT. */
const UTF16 = /^(?:\xfe\xff|\xff\xfe[^\0]\0|[\t -~]\0[\t -~]\0|\0[\t -~]\0[\t -~])/
const UTF16_BEGUN = /^(?:\xfe|\xff(?:\xfe[^\0]?)?|[\t -~](?:\0[\t -~]?)?|\0(?:[\t -~]\0?)?)$/

/** Returns the detected protocol, or undefined while more bytes are needed; `ended` means that there are no more. */
export function recognise(bytes: Buffer, ended = false): Stranger | 'none' | undefined {
  const text = bytes.toString('latin1', 0, MAX_EXAMINED_BYTES)
  if (UTF16.test(text)) return 'utf-16'
  if (CLIENT_HELLO.test(text)) return 'tls'
  const end = text.search(/[\r\n]/)
  const line = end < 0 ? text : text.slice(0, end)
  if (end >= 0 || ended) return REQUEST_LINE.test(line) ? 'http' : 'none'
  if (text.length === MAX_EXAMINED_BYTES) return LONG_REQUEST_LINE.test(line) ? 'http' : 'none'
  const begun = [UTF16_BEGUN, CLIENT_HELLO_BEGUN, REQUEST_LINE_BEGUN].some((pattern) => pattern.test(line))
  return begun ? undefined : 'none'
}

/**
 * Calls `read` with all input of a socket, once its first bytes are known to be of the port's protocol; else calls `refuse` once.
 * After the decision `read` is the only listener of the socket's data.
 */
export function readBehindFirstBytes(
  socket: Socket,
  read: (chunk: Buffer) => void,
  refuse: (stranger: Stranger) => void,
): void {
  let begun: Buffer | undefined
  const decide = (chunk: Buffer) => take(begun ? Buffer.concat([begun, chunk]) : chunk)
  const end = () => begun && take(begun, true)
  const take = (bytes: Buffer, ended = false) => {
    begun = bytes
    const found = recognise(bytes, ended)
    if (found === undefined) return
    begun = undefined
    socket.off('data', decide).off('end', end)
    if (found !== 'none') return refuse(found)
    socket.on('data', read)
    read(bytes)
  }
  socket.on('data', decide).on('end', end)
}
