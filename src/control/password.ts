import { text } from 'node:stream/consumers'
import { askSecret } from '../ask-secret.ts'
import { standardInput } from '../standard-input.ts'
import type { CommandStreams } from './streams.ts'

/** Reads a new password: from a terminal twice without echo, otherwise from the first line of standard input. */
export async function readNewPassword(name: string, stdin: CommandStreams['stdin']): Promise<string> {
  if (!stdin.isTTY) {
    const [password = '', ...rest] = (await text(standardInput(stdin))).split(/\r?\n/)
    if (password === '' && rest.length === 0) throw new Error('there is no password on the standard input')
    return password
  }
  const password = await ask(`New password for ${name}: `)
  if ((await ask('Repeat the password: ')) !== password) throw new Error('the two passwords differ')
  return password
}

/** @throws {Error} at the end of the input, and with Ctrl-C */
async function ask(question: string): Promise<string> {
  const password = await askSecret(question)
  if (password === undefined) throw new Error('no password was given')
  return password
}
