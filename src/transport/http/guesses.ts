import { setTimeout as wait } from 'node:timers/promises'

/** On average; from half of it to half as much again, so that many who guess in step do not come back in step. */
const MS = 500

/** To be awaited before a wrong guess at a secret is answered: however many guess, others hardly notice. */
export async function letGuesserWait(): Promise<void> {
  await wait(MS * (0.5 + Math.random()), undefined, { ref: false })
}
