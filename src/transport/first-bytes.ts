// biome-ignore-all lint/suspicious/noControlCharactersInRegex: bytes as characters
/** Recognises by its first bytes a client that speaks something else than the protocol of the port. */
import type { Socket } from 'node:net'

/** `utf-16`: text, in an encoding that no protocol here has. */
export type Stranger = 'http' | 'tls' | 'utf-16'

/** Bytes of a first line without an end that are looked at; a longer one is judged by what it begins with. */
const LONGEST = 4_096

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

/** Undefined while more bytes are needed; `ended` says that there will be none. */
export function recognise(bytes: Buffer, ended = false): Stranger | 'none' | undefined {
  const text = bytes.toString('latin1', 0, LONGEST)
  if (UTF16.test(text)) return 'utf-16'
  if (CLIENT_HELLO.test(text)) return 'tls'
  const end = text.search(/[\r\n]/)
  const line = end < 0 ? text : text.slice(0, end)
  if (end >= 0 || ended) return REQUEST_LINE.test(line) ? 'http' : 'none'
  if (text.length === LONGEST) return LONG_REQUEST_LINE.test(line) ? 'http' : 'none'
  const begun = [UTF16_BEGUN, CLIENT_HELLO_BEGUN, REQUEST_LINE_BEGUN].some((pattern) => pattern.test(line))
  return begun ? undefined : 'none'
}

/**
 * Calls `read` with everything that a socket receives, from when its first bytes are known to be the protocol's own; or
 * once `refuse`, and then nothing of it. Nothing stands between the socket and `read` any more once that is decided.
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
