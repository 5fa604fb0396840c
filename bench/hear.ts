import type { Client } from './client.ts'
import { numbersIn } from './marks.ts'

/** The list to which is added, in ms, how long each numbered message has taken to each member; `sent` tells when it left. */
export function timeAll(members: readonly Client[], sent: readonly number[]): number[] {
  const times: number[] = []
  for (const member of members) {
    member.heard = (chunk) => {
      const now = performance.now()
      numbersIn(chunk, (number) => times.push(now - (sent[number] ?? Number.NaN)))
    }
  }
  return times
}

/** Tells how many messages every member has heard, each time that rises; resolves when it is all of them. */
export function hearAll(members: readonly Client[], messages: number, risen: (floor: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const heard = new Uint32Array(members.length)
    /** What all have heard, and the first member that may have heard no more than that. */
    let floor = 0
    let slowest = 0
    const advance = () => {
      while (floor < messages) {
        while (slowest < heard.length && (heard[slowest] ?? 0) > floor) slowest++
        if (slowest < heard.length) return
        floor = heard.reduce((least, count) => Math.min(least, count), messages)
        slowest = 0
        risen(floor)
      }
      resolve()
    }
    for (const [index, member] of members.entries()) {
      const count = member.counter()
      member.ended = (why) => reject(new Error(`a member was lost: ${why}`))
      member.heard = (chunk) => {
        heard[index] = (heard[index] ?? 0) + count(chunk)
        if (index === slowest) advance()
      }
    }
  })
}
