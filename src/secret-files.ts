/** Secrets from files, which are not visible in the process list. */
import { closeSync, openSync, readSync } from 'node:fs'
import { fileFault } from './file-fault.ts'
import { readWhole } from './read-whole.ts'

const MAX_SECRET_BYTES = 65_536

/**
 * Returns the only line of a secret file.
 *
 * @throws {Error} with a reason that does not contain the content
 */
export function readSecretFile(file: string): string {
  let bytes: Buffer
  try {
    bytes = readBytes(file)
  } catch (error) {
    throw new Error(fileFault(error))
  }
  return secretOf(bytes)
}

/** Does what {@link readSecretFile} does without waiting for a pipe, for a file that may have changed since. */
export async function rereadSecretFile(file: string): Promise<string> {
  return secretOf(await readWhole(file, 0, MAX_SECRET_BYTES))
}

function secretOf(bytes: Buffer): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
  } catch {
    throw new Error('it is not UTF-8')
  }
  if (text === '') throw new Error('it is empty')
  if (/[\r\n]/.test(text)) throw new Error('it has more than one line')
  return text
}

/** Reads a file to its end; it may be a pipe. */
function readBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(MAX_SECRET_BYTES + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null)
    }
    if (length > MAX_SECRET_BYTES) throw new Error('it is too long for a secret')
    return bytes.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

/** Returns the flags of a command line that contain a secret, which every user of the machine can read in the process list. */
export function exposedSecrets(args: readonly string[]): string[] {
  const exposed = args.flatMap((arg, place) => {
    const [, flag = '', attached] = /^--([\w-]+)(?:=(.*))?$/s.exec(arg) ?? []
    // The parser accepts camel case, too.
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
