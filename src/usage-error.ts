import type { Option } from './option.ts'
import { OPTIONS } from './options.ts'
import { similarTo } from './similar.ts'

/** Commands of the command line. */
export const SHELL_COMMANDS = [
  'serve',
  'send',
  'tail',
  'chat',
  'export',
  'import',
  'audit',
  'room',
  'account',
  'address',
  'token',
]

/** Returns an error of the parser in the words of the other errors. `args` is the command line, `options` all options that it may have. */
export function usageText(message: string, args: readonly string[], options: readonly string[]): string {
  const command = args.find((arg) => SHELL_COMMANDS.includes(arg))
  const help = ` see roomd ${command === undefined ? '' : `${command} `}--help`
  const [, lacking] = /^Not enough arguments following: (\S+)/.exec(message) ?? []
  if (lacking !== undefined) return `--${lacking} needs ${neededBy(lacking)}`
  const [, unknown] = /^Unknown (?:argument|command)s?: ([^,]*)/.exec(message) ?? []
  if (unknown === undefined) return message
  const flag = args
    .map((arg) => arg.split('=', 1).join())
    .find((arg) => arg.startsWith('-') && arg.replace(/^--?(no-)?/, '') === unknown)
  const negated = args.find((arg) => arg.startsWith(`--${unknown}=`))
  if (negated !== undefined && unknown.startsWith('no-')) return `--${unknown} takes no value`
  if (flag === '--port') return `unknown option ${flag}; each protocol has its own: --line, --irc, --http;${help}`
  if (flag !== undefined) return `unknown option ${flag}${guess(unknown, options, '--')}${help}`
  if (command !== undefined) return `${command} takes no ${unknown};${help}`
  return `unknown command ${unknown}${guess(unknown, SHELL_COMMANDS)}${help}`
}

/** Returns the error about a member of the file of --config. */
export function unknownMember(file: string, name: string, options: readonly string[]): string {
  return `--config ${file}: unknown option ${name}${guess(name, options).replace(/;$/, '')}`
}

function guess(typed: string, known: readonly string[], prefix = ''): string {
  const meant = similarTo(typed, known)
  return meant === undefined ? ';' : `; did you mean ${prefix}${meant}?`
}

/** Returns the kind of value that an option takes, with its article. */
function neededBy(name: string): string {
  if (name === 'data') return 'a folder'
  const { type } = (OPTIONS as Readonly<Record<string, Option>>)[name] ?? {}
  return type === 'number' || type === 'port' ? 'a number' : 'a value'
}
