import { standardInput } from '../standard-input.ts'
import { CommandFailure, EXIT } from './failure.ts'

/** Yields what standard input gives. @throws CommandFailure */
export async function* commandInput(): AsyncGenerator<Uint8Array> {
  try {
    yield* standardInput()
  } catch (error) {
    throw new CommandFailure(EXIT.refused, error instanceof Error ? error.message : String(error), { cause: error })
  }
}
