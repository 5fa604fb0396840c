/** Texts of lines, and what their replies mean. */
import type { CommandResult, Reply } from '../../commands/replies.ts'
import { RefusedError } from './errors.ts'

/** @throws RefusedError */
export function resultOf(reply: Reply): CommandResult {
  if (reply.type !== 'error') return reply
  const { type, error, ...details } = reply
  throw new RefusedError(error, details)
}

/** Returns a command with its parameters: words, and objects of options such as `limit=10`. Those that are undefined or empty are left out. */
export function commandLine(command: string, ...parameters: readonly (string | object | undefined)[]): string {
  const words = parameters.flatMap((parameter) =>
    typeof parameter === 'object'
      ? Object.entries(parameter).map(([name, value]) => value !== undefined && `${name}=${value}`)
      : parameter,
  )
  return [command, ...words.filter(Boolean)].join(' ')
}
