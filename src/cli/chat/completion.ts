import { foldName } from '../../client/nickname.ts'

/** Candidates for the word before the cursor. */
export interface Completion {
  /** The text before the word. */
  readonly head: string
  readonly candidates: readonly string[]
}

export interface Completable {
  /** Nicknames, those that are likely first. */
  readonly nicknames: readonly string[]
  readonly commands: readonly string[]
  readonly rooms: readonly string[]
}

/** Returns what the last word of a text may become: a command, a room behind /join, or a nickname, with what stands behind it. */
export function completionOf(text: string, { nicknames, commands, rooms }: Completable): Completion {
  const [, head = '', word = ''] = /^(.*?)(@?\S*)$/s.exec(text) ?? []
  const isFirst = head === ''
  if (isFirst && word.startsWith('/'))
    return { head, candidates: matching(commands, word).map((command) => `${command} `) }
  if (/^\/join\s+$/i.test(head)) return { head, candidates: matching(rooms, word) }
  const sign = word.startsWith('@') ? '@' : ''
  const end = isFirst ? ': ' : ' '
  return {
    head,
    candidates: matching(nicknames, word.slice(sign.length)).map((nickname) => `${sign}${nickname}${end}`),
  }
}

function matching(names: readonly string[], begin: string): string[] {
  return names.filter((name) => foldName(name).startsWith(foldName(begin)))
}
