import { Refusal, type RefusalCode } from '../../chat/refusal.ts'
import { letGuesserWait } from '../../transport/http/guesses.ts'
import { GlobesError, type GlobesErrorCode } from './errors.ts'

const WRONG: ReadonlySet<RefusalCode> = new Set(['password-wrong', 'secret-wrong', 'name-unknown'])

/** Answers a wrong guess at a secret, after a wait, with one error whatever was wrong. Other errors are thrown again. */
export async function refuseGuess(error: unknown, code: GlobesErrorCode, field?: string): Promise<never> {
  if (!(error instanceof Refusal)) throw error
  const limited = error.code === 'too-many-attempts'
  if (!limited && !WRONG.has(error.code)) throw error
  await letGuesserWait()
  throw limited ? new GlobesError(code, field, 429) : new GlobesError(code, field)
}
