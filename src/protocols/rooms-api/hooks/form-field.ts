/** Header of the part of a form that holds JSON, as senders for Discord and Plex name it. */
const PAYLOAD_PART = /^content-disposition:[^\n]*;\s*name="?payload(?:_json)?"?\s*(?:;|$)/im

/** Returns the field `payload` or `payload_json` of a form (multipart/form-data, RFC 7578); undefined without one. */
export function payloadFieldIn(body: Buffer): Buffer | undefined {
  // One character for each byte, as other parts may be files.
  const text = `\r\n${body.toString('latin1')}`
  const [delimiter] = /^\r\n--[^\r\n]{1,70}/.exec(text) ?? []
  if (delimiter === undefined) return undefined
  for (const part of text.split(delimiter)) {
    const end = part.indexOf('\r\n\r\n')
    if (end >= 0 && PAYLOAD_PART.test(part.slice(0, end))) return Buffer.from(part.slice(end + 4), 'latin1')
  }
  return undefined
}
