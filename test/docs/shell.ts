/** Shell examples, command by command. */
import { spawnSync } from 'node:child_process'

/** Takes a block apart into commands, each of one line or several. Comments that stand alone are left out. */
export function commandsOf(code: string): string[] {
  const commands: string[] = []
  let open: string[] = []
  for (const line of code.split('\n')) {
    if (open.length === 0 && /^\s*(#|$)/.test(line)) continue
    open.push(line)
    const command = open.join('\n')
    if (!isWhole(command)) continue
    commands.push(command)
    open = []
  }
  if (open.length > 0) throw new Error(`a command without an end: ${open.join('\n')}`)
  return commands
}

/** A warning, as of a here-document without an end, is as good as an error. */
function isWhole(command: string): boolean {
  if (command.endsWith('\\')) return false
  const { status, stderr } = spawnSync('bash', ['-n', '-c', command], { encoding: 'utf8' })
  return status === 0 && stderr === ''
}

/** Whether a command runs a daemon that goes on until it is stopped. */
export const startsDaemon = (command: string) =>
  /^(\w+=\S+ +)*npm start\b/.test(command) && !/ -- (export|import|audit|room|account|send|tail|chat)\b/.test(command)
/** Whether a command needs the ports of the daemon that an earlier one runs. */
export const replacesDaemon = (command: string) => startsDaemon(command) || /\bnpm run daemon\b(?!:)/.test(command)
/** Whether no daemon runs after a command. */
export const stopsDaemon = (command: string) => /\bnpm run daemon:stop\b/.test(command)
/** Whether a command goes on until somebody ends it. */
export const isEndless = (command: string) => /\btail -[fF]\b|\broomd tail\b(?!.*--no-follow)/.test(command)

/** Who logs in and enters a room by a command's `printf 'LOGIN name\nJOIN room\n…'`. */
export function entrantsOf(command: string): { readonly name: string; readonly room: string }[] {
  return [...command.matchAll(/LOGIN ([^ \\']+)[^\\']*\\nJOIN (\w+)/g)].map(([, name = '', room = '']) => ({
    name,
    room,
  }))
}
