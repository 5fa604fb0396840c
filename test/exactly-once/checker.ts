/** Proves from the history of a room that each line of its senders is in it once and in order; or says where that is not so. */

import type { SentLines } from './sending.ts'

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

/** @param read bodies that a reader was given @param messages those of the log */
export function findReadFault(read: readonly string[], messages: readonly string[]): string | undefined {
  const place = messages.findIndex((message, index) => read[index] !== message)
  if (place >= 0) return `"${read[place]}" was read in place of "${messages[place]}", the message ${place}`
  return read.length > messages.length ? `"${read[messages.length]}" was read behind the last message` : undefined
}
