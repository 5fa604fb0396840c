import { type ParseArgsConfig, parseArgs } from 'node:util'
import { similarTo } from '../similar.ts'
import { CommandFailure, EXIT, misuse } from './failure.ts'
import { safeLine } from './safe-text.ts'

/** Options of every command of the client. */
const COMMON_OPTIONS = {
  server: { type: 'string', short: 's' },
  as: { type: 'string' },
  'password-file': { type: 'string' },
  'token-file': { type: 'string' },
  'room-password-file': { type: 'string' },
  ca: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options']

/** Lines of help about {@link COMMON_OPTIONS}. */
export const COMMON_HELP = `  --server, -s HOST[:PORT] or tls://, ws://, wss:// URL; ROOMD_SERVER; 127.0.0.1:9090
  --as NICKNAME            ROOMD_AS; your user name
  --token-file FILE        access token of the account; or ROOMD_TOKEN
  --password-file FILE     password of the account; asked for on a terminal
  --room-password-file FILE  password of the room
  --ca FILE                certificates in PEM to trust, for tls:// and wss://`

export interface CommonValues {
  readonly server?: string | undefined
  readonly as?: string | undefined
  readonly 'password-file'?: string | undefined
  readonly 'token-file'?: string | undefined
  readonly 'room-password-file'?: string | undefined
  readonly ca?: string | undefined
}

type Options = NonNullable<ParseArgsConfig['options']>

/** A value that begins with a minus sign, such as `-10m`, behind the option that takes it. */
const MINUS_VALUE = /^-\d/

/** Parses the arguments of a command. @throws CommandFailure */
export function parseOptions<const Own extends Options>(command: string, args: readonly string[], own: Own) {
  const options = { ...COMMON_OPTIONS, ...own }
  try {
    return parseArgs({ args: joined(args), options, allowPositionals: true, allowNegative: true, strict: true })
  } catch (error) {
    const [text = ''] = error instanceof Error ? error.message.split(/\. |\n/) : []
    const what = text.replace(/^Unknown option '([^']*)'.*/, 'unknown option $1').replace(/^O/, 'o')
    throw misuse(`${what.replace(/\.$/, '')}${hintFor(what, Object.keys(options))} see roomd ${command} --help`)
  }
}

/** Returns the advice for an unknown option, with the punctuation before what follows. */
function hintFor(what: string, known: readonly string[]): string {
  const [, typed = ''] = /^unknown option --?(\S+)/.exec(what) ?? []
  if (/^\d/.test(typed)) return '; a text that begins with a minus sign goes behind --;'
  const meant = similarTo(typed, known)
  return meant === undefined ? ';' : `; did you mean --${meant}?`
}

/** Joins such values with their options, as they would be taken for options themselves. */
function joined(args: readonly string[]): string[] {
  const result: string[] = []
  for (const arg of args) {
    const before = result.at(-1)
    if (before !== undefined && /^--[a-z-]+$/.test(before) && MINUS_VALUE.test(arg))
      result[result.length - 1] = `${before}=${arg}`
    else result.push(arg)
  }
  return result
}

/** Reads an option that is a whole number. @throws CommandFailure */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw misuse(`${name} ${text}: not a whole number`)
  return Number(text)
}

const ROOM_RULE = 'A name has 1 to 64 of a-z A-Z 0-9 . _ -, first a letter or digit, without # and spaces'

/** Checks that a name is one word: the server would take another one for the password. @throws CommandFailure */
export function checkRoomName(name: string): void {
  if (/^\S+$/.test(name)) return
  throw new CommandFailure(EXIT.refused, safeLine(`Invalid room name: "${name}" (room-name-invalid): ${ROOM_RULE}`))
}
