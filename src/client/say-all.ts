import { RefusedError } from './errors.ts'
import type { SayAllOptions } from './room-options.ts'
import type { SayQueue } from './say-queue.ts'

/** Texts, one or some at a time. */
export type Texts = Iterable<string> | AsyncIterable<string | readonly string[]>

/**
 * Says texts as fast as they are answered. Resolves with the number of those that were said; rejects at the first failure, also while the
 * next text is awaited.
 *
 * @param say says one text, and calls one of the functions
 */
export function sayAll(
  speech: SayQueue,
  texts: Texts,
  { said, refused }: SayAllOptions,
  say: (text: string, index: number, said: (id: string) => void, failed: (error: Error) => void) => void,
): Promise<number> {
  let count = 0
  let hasFailed = false
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      hasFailed = true
      reject(error)
    }
    const start = (text: string, index: number) => {
      const succeeded = (id: string) => {
        count++
        said?.(id, index)
      }
      const failed = (error: Error) => {
        if (refused && error instanceof RefusedError) refused(error, text, index)
        else fail(error)
      }
      say(text, index, succeeded, failed)
    }
    const sayEach = async () => {
      let index = 0
      for await (const some of texts) {
        for (const text of typeof some === 'string' ? [some] : some) {
          if (hasFailed) return
          start(text, index++)
          if (speech.isFull) await speech.taken()
        }
      }
      await speech.below(1)
      resolve(count)
    }
    sayEach().catch(fail)
  })
}
