import { setTimeout as wait } from 'node:timers/promises'

const MS = 250

/** To be awaited before a wrong guess at a secret is answered: however many guess, others hardly notice. */
export async function letGuesserWait(): Promise<void> {
  await wait(MS, undefined, { ref: false })
}
