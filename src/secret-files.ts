/** Secrets that come from files, so that no list of processes shows them. */
import { closeSync, openSync, readSync } from 'node:fs'

/** Bytes of a file with a secret. */
const MAX_BYTES = 65_536

/** Why the file system refuses, in words for an operator. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
  EISDIR: 'it is a folder',
  ENOTDIR: 'there is no such file',
}

/**
 * The secret in a file, which is its only line.
 *
 * @throws Error whose message tells what is wrong with the file, and nothing of its content
 */
export function readSecretFile(file: string): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readBytes(file)).replace(/\r?\n$/, '')
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Error(CAUSES[code] ?? (code.startsWith('ERR_ENCODING') ? 'it is not UTF-8' : message))
  }
  if (text === '') throw new Error('it is empty')
  if (/[\r\n]/.test(text)) throw new Error('it has more than one line')
  return text
}

/** In pieces, as it may be a pipe. */
function readBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null)
    }
    if (length > MAX_BYTES) throw new Error('it is too long for a secret')
    return bytes.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

/** The flags among the arguments of a command that hold a secret, which every user of the machine can read in the list of processes. */
export function exposedSecrets(args: readonly string[]): string[] {
  const exposed = args.flatMap((arg, place) => {
    const [, flag = '', attached] = /^--([\w-]+)(?:=(.*))?$/s.exec(arg) ?? []
    // The parser takes both spellings.
    const name = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const value = attached ?? args[place + 1] ?? ''
    const secret = name === 'globes-secret' || (['redis', 'from', 'to'].includes(name) && holdsPassword(value))
    return secret ? [`--${name}`] : []
  })
  return [...new Set(exposed)]
}

function holdsPassword(place: string): boolean {
  const { protocol = '', password = '' } = URL.parse(place) ?? {}
  return /^rediss?:$/.test(protocol) && password !== ''
}
