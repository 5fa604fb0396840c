const HEADER_BYTES = 5
/** Kinds of records (RFC 8446, 5.1): from the change of the cipher to application data. */
const [FIRST_KIND, LAST_KIND] = [20, 23]
const MOST_BYTES = 2 ** 14 + 256

/** Checks that bytes are TLS records. Returns how many. */
export function checkRecords(received: Buffer, complete: boolean): number {
  let count = 0
  let at = 0
  for (; at + HEADER_BYTES <= received.length; count++) {
    const kind = received.readUInt8(at)
    const length = received.readUInt16BE(at + 3)
    if (kind < FIRST_KIND || kind > LAST_KIND || received[at + 1] !== 3 || length > MOST_BYTES) {
      throw new Error(`not a TLS record: ${received.toString('hex', at, at + HEADER_BYTES)}`)
    }
    at += HEADER_BYTES + length
  }
  if (complete && at !== received.length) throw new Error('half a TLS record')
  return count
}
