/** Bytes of a line without its tags and its end, and of the tags that a server sends. */
const LINE_BYTES = 510
const TAG_BYTES = 8_191
/** A line of a server (Modern IRC Client Protocol, "Message Format"; IRCv3, "Message Tags"). */
const LINE = /^(?:@[^ \0\r\n]+ )?(?::[^ \0\r\n]+ )?(?:[A-Z]+|\d{3})(?: [^ \0\r\n]+)*(?: :[^\0\r\n]*)?$/

/** Checks that bytes are lines of IRC. Returns how many. */
export function checkIrcLines(received: Buffer, complete: boolean): number {
  const lines = new TextDecoder('utf-8', { fatal: complete }).decode(received).split('\r\n')
  const rest = lines.pop()
  if (complete && rest !== '') throw new Error(`half a line: ${rest}`)
  for (const line of lines) checkIrcLine(line)
  return lines.length
}

export function checkIrcLine(line: string): void {
  if (!LINE.test(line)) throw new Error(`not a line of IRC: ${JSON.stringify(line)}`)
  const end = line.startsWith('@') ? line.indexOf(' ') + 1 : 0
  if (end > TAG_BYTES || Buffer.byteLength(line.slice(end)) > LINE_BYTES) throw new Error(`a long line: ${line}`)
}
