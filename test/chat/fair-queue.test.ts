import { setImmediate as nextRound } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FairQueue } from '../../src/chat/fair-queue.ts'

const CLIENTS = 50
const TASKS = 40

/** Lets clients of one address begin together, each with its tasks one after the other. Resolves with the shares of all tasks that had run when each client ended. */
async function ends(isDrawn: boolean): Promise<number[]> {
  const queue = new FairQueue({ running: 2, waitingPerAddress: CLIENTS, waiting: CLIENTS, isDrawn })
  const all: number[] = []
  let run = 0
  const client = async () => {
    for (let n = 0; n < TASKS; n++) {
      await queue.run('192.0.2.1', async () => {
        await nextRound()
        run++
      })
    }
    all.push(run / (CLIENTS * TASKS))
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return all
}

test('clients of an address that begin together end together if each has its turn, and spread if turns are drawn', async () => {
  const [inTurn, drawn] = [await ends(false), await ends(true)]
  expect([inTurn.length, drawn.length]).toEqual([CLIENTS, CLIENTS])
  expect(inTurn[0]).toBeGreaterThan(0.95)
  // The chance of more is below one in a million.
  expect(drawn[0]).toBeLessThan(0.9)
  expect([inTurn.at(-1), drawn.at(-1)]).toEqual([1, 1])
})
