/** Header of the part of a form that holds JSON, as senders for Discord and Plex name it; quoted strings may hold what looks like a name. */
const PAYLOAD_PART =
  /^content-disposition:(?:[^\r\n"]*"(?:[^\r\n"\\]|\\.)*")*[^\r\n"]*;\s*name="?payload(?:_json)?"?\s*(?:;|$)/im

/** Returns the field `payload` or `payload_json` of a form (multipart/form-data, RFC 7578); undefined without one. */
export function payloadFieldIn(body: Buffer, contentType: string): Buffer | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) return undefined
  // One character for each byte, as other parts may be files. Before the first delimiter is a preamble, behind the last one an epilogue.
  const [, ...parts] = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`)
  for (const part of parts) {
    if (part.startsWith('--')) return undefined
    const end = part.indexOf('\r\n\r\n')
    if (end >= 0 && PAYLOAD_PART.test(part.slice(0, end))) return Buffer.from(part.slice(end + 4), 'latin1')
  }
  return undefined
}
