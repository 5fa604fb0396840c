import { callBack, ignore } from './callback.ts'
import { RefusedError } from './errors.ts'
import type { SayAllOptions, Texts } from './room-options.ts'
import { type Spoken, WINDOW } from './speech.ts'

/**
 * Says texts, no more than a window of them at a time, see {@link JoinedRoom.sayAll}.
 *
 * @param say says a text by its number from 0; may throw what would fail it
 */
export function sayAll(
  texts: Texts,
  { said, refused }: Pick<SayAllOptions, 'said' | 'refused'>,
  say: (text: string, index: number, said: Spoken['said'], failed: Spoken['failed']) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let next = 0
    let count = 0
    /** Texts without a reply, and one for those to come; 0 or less when it is over. */
    let open = 1
    let goOn = ignore
    const settled = () => {
      // An error of the source is told when all texts have replies.
      if (!--open) resolve(source.then(() => count))
      if (open < WINDOW / 2) goOn()
    }
    const fail = (error: unknown) => {
      open = 0
      reject(error)
      goOn()
    }
    const start = (text: string) => {
      const index = next++
      const succeeded = (id: string) => {
        count++
        callBack(said, id, index)
        settled()
      }
      const failed = (error: unknown, isEnd?: boolean) => {
        if (isEnd || !refused || !(error instanceof RefusedError)) return fail(error)
        callBack(refused, error, text, index)
        settled()
      }
      open++
      try {
        say(text, index, succeeded, failed)
      } catch (error) {
        failed(error)
      }
    }
    const startAll = async () => {
      for await (const some of texts) {
        for (const text of [some].flat()) {
          if (open > 0) start(text)
          if (open > WINDOW) await new Promise<void>((resolve) => (goOn = resolve))
          if (open < 1) return
        }
      }
    }
    const source = startAll()
    source.then(settled, settled)
  })
}
