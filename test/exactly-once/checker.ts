/** Proves from the history of a room that each line of its senders is in it once and in order; or says where that is not so. */

export interface SentLines {
  readonly nickname: string
  /** Number of lines that were acknowledged; a process that is killed may have said more. */
  readonly acknowledged: number
}

/** @param messages bodies of the messages in the order of the log, such as `ann says 7` */
export function findFaults(sent: readonly SentLines[], messages: readonly string[]): string[] {
  const next = new Map(sent.map(({ nickname }) => [nickname, 0]))
  const faults: string[] = []
  for (const message of messages) {
    const [, nickname = '', text = ''] = /^(\w+) says (\d+)$/.exec(message) ?? []
    const expected = next.get(nickname)
    const number = Number(text)
    if (expected === undefined) faults.push(`nobody has said "${message}"`)
    else if (number < expected) faults.push(`"${message}" is there twice, or behind ${expected - 1}`)
    else if (number > expected) faults.push(`"${message}" stands behind ${expected - 1}`)
    if (expected !== undefined && number >= expected) next.set(nickname, number + 1)
  }
  for (const { nickname, acknowledged } of sent) {
    const kept = next.get(nickname) ?? 0
    if (kept < acknowledged) faults.push(`${nickname}: ${acknowledged} lines were acknowledged, ${kept} are there`)
  }
  return faults
}
