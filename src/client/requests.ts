/** Texts of lines, and what their replies mean. */
import type { CommandResult, Limits, Reply } from '../../commands/replies.ts'
import { RefusedError } from './errors.ts'

/** @throws RefusedError */
export function resultOf(reply: Reply): CommandResult {
  if (reply.type === 'error') throw refusedError(reply)
  return reply
}

export function refusedError({ error, code, hint }: Extract<Reply, { type: 'error' }>): RefusedError {
  return new RefusedError(error, code, hint)
}

/** Returns limits and rules for names, as the server tells them; undefined when it does not know the command. */
export async function askLimits(to: { ask(line: string): Promise<Reply> }): Promise<Limits | undefined> {
  const reply = await to.ask('/limits')
  return reply.type !== 'error' ? reply.limits : undefined
}

/** Returns a command with its parameters, of which those that are undefined or empty are left out. */
export function commandLine(command: string, ...parameters: readonly (string | undefined)[]): string {
  return [command, ...parameters.filter((parameter) => parameter)].join(' ')
}

/** Returns options such as `limit=10`, without those that are undefined. */
export function optionWords(options: object): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
}
