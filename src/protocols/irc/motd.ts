import type { Logger } from 'pino'
import type { Chat } from '../../chat/chat.ts'
import { readWhole } from '../../read-whole.ts'

type MotdReader = () => Promise<readonly string[] | undefined>

const byChat = new WeakMap<Chat, MotdReader>()

/**
 * Returns the reader of the file of --motd, which the ports and paths of a node share: a failure is logged when it begins, as
 * clients can ask at will.
 */
export function motdReaderOf(chat: Chat, file: string | undefined, log: Logger): MotdReader {
  const reader = byChat.get(chat) ?? motdReader(file, log)
  byChat.set(chat, reader)
  return reader
}

function motdReader(file: string | undefined, log: Logger): MotdReader {
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
