import type { Logger } from 'pino'
import { readWhole } from '../../read-whole.ts'

/** Reads the file of --motd for each client. A failure is logged when it begins, as clients can ask at will. */
export function motdReader(file: string | undefined, log: Logger): () => Promise<readonly string[] | undefined> {
  let failure: string | undefined
  return async () => {
    if (file === undefined) return undefined
    try {
      const text = String(await readWhole(file, 0))
      failure = undefined
      return text.trimEnd().split(/\r?\n/)
    } catch (err) {
      const { message } = err as Error
      if (message !== failure) log.warn({ err, file }, 'cannot read the file of --motd')
      failure = message
      return undefined
    }
  }
}
