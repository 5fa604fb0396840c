/** Maximum entries of a list in a reply, and bytes of their lines. The reply has each of them twice, and has to fit in the output queue. */
export const MAX_LISTED = 500
const MAX_BYTES = 65_536

/** Returns the entries of a list, newest first, as many as fit in a reply, and their lines for people. */
export function newestFitting<T, Entry>(
  newestFirst: readonly T[],
  entryOf: (one: T) => Entry,
  lineOf: (entry: Entry) => string,
): { readonly listed: Entry[]; readonly lines: string[] } {
  const listed: Entry[] = []
  const lines: string[] = []
  let bytes = 0
  for (const one of newestFirst.slice(0, MAX_LISTED)) {
    const entry = entryOf(one)
    const line = lineOf(entry)
    bytes += Buffer.byteLength(line)
    if (bytes > MAX_BYTES) break
    listed.push(entry)
    lines.push(line)
  }
  return { listed, lines }
}
