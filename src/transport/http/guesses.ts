import { setTimeout as wait } from 'node:timers/promises'

/** Average delay; random from half of it to 1.5 times, so that simultaneous guesses do not stay simultaneous. */
const DELAY_MS = 500

/** Delays the answer to a wrong guess at a secret. */
export async function delayGuess(): Promise<void> {
  await wait(DELAY_MS * (0.5 + Math.random()), undefined, { ref: false })
}
