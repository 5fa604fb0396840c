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
    /** Texts without a reply, and one for those to come. */
    let open = 1
    let isOver = false
    let goOn = ignore
    const settled = () => {
      open--
      if (open === 0) resolve(count)
      if (open < WINDOW / 2) goOn()
    }
    const fail = (error: unknown) => {
      isOver = true
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
          if (!isOver) start(text)
          if (open > WINDOW && !isOver) await new Promise<void>((resolve) => (goOn = resolve))
          if (isOver) return
        }
      }
      settled()
    }
    startAll().catch(fail)
  })
}
