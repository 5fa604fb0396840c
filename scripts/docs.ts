/** The generated tables of the documentation. Run as a program, writes them into their pages. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Command, State } from '../commands/command.ts'
import { DISCONNECT_CODES, ERRORS, type ErrorText } from '../commands/errors.ts'
import { COMMAND_GROUPS } from '../commands/index.ts'
import type { ErrorReply } from '../commands/replies.ts'
import { defaultOf, type Option } from '../src/option.ts'
import { OPTIONS } from '../src/options.ts'
import { lastLineFor } from '../src/protocols/line/wire.ts'
import { refusalRows } from './refusals.ts'

const cell = (text: string) => text.replaceAll('|', '\\|')

const ALLOWED: Readonly<Record<State, string>> = {
  any: 'always',
  anonymous: 'before `LOGIN`',
  named: 'after `LOGIN`',
  speaking: 'in a room, or after `/speak`',
  inRoom: 'in a room',
  hearing: 'in a room, or after `/listen`',
}

function commandRows(): string[] {
  return Object.entries<readonly Command[]>(COMMAND_GROUPS).flatMap(([group, commands]) => {
    const rows = commands.map(({ usage, aliases = [], state, help }) => {
      const names = [usage, ...aliases].map((name) => `\`${cell(name)}\``)
      return `| ${names.join(', ')} | ${ALLOWED[state]} | ${cell(help)} |`
    })
    return ['', `## ${group}`, '', '| command | allowed | effect |', '| --- | --- | --- |', ...rows]
  })
}

function optionRows(group: Option['group']): string[] {
  const options = Object.entries<Option>(OPTIONS).filter(([, option]) => option.group === group)
  const rows = options.map(([name, option]) => {
    const { describe, choices } = option
    const meaning = choices ? `${describe}: ${choices.join(', ')}` : describe
    return `| \`--${name}\` | ${defaultOf(option)} | ${cell(meaning)} |`
  })
  return ['| option | default | meaning |', '| --- | --- | --- |', ...rows]
}

function errorRows(): string[] {
  const rows = Object.entries<ErrorText>(ERRORS).map(([code, { text, hint = '' }]) => {
    return `| \`${code}\` | \`${cell(text)}\` | ${cell(hint).replaceAll('<', '\\<')} |`
  })
  return ['| code | error | hint |', '| --- | --- | --- |', ...rows]
}

function disconnectRows(): string[] {
  const rows = DISCONNECT_CODES.map((code) => {
    const { error, hint = '', reconnect } = lastLineFor(code, String(OPTIONS.http.default)) as ErrorReply
    return `| \`${code}\` | \`${error}\` | ${cell(hint)} | ${reconnect} |`
  })
  return ['| code | error | hint | reconnect |', '| --- | --- | --- | --- |', ...rows]
}

const TABLES: Readonly<Record<string, () => readonly string[]>> = {
  commands: commandRows,
  listeners: () => optionRows('Listeners'),
  data: () => optionRows('Data'),
  limits: () => optionRows('Limits'),
  operation: () => optionRows('Operation'),
  errors: errorRows,
  disconnects: disconnectRows,
  refusals: refusalRows,
}

/** The pages with generated tables. */
export const FILES = [
  'docs/commands.md',
  'docs/options.md',
  'docs/protocols/line-errors.md',
  'docs/protocols/refusals.md',
]

/** The text of such a page with its tables brought up to date. */
export function withTables(text: string): string {
  return Object.entries(TABLES).reduce((filled, [name, rows]) => fill(filled, name, rows()), text)
}

function fill(text: string, name: string, rows: readonly string[]): string {
  const table = new RegExp(`(<!-- ${name}:[^\\n]*-->\\n).*?(<!-- /${name} -->)`, 's')
  return text.replace(table, (_, begin: string, end: string) => `${begin}${rows.join('\n')}\n${end}`)
}

if (import.meta.main) {
  for (const name of FILES) {
    const file = new URL(`../${name}`, import.meta.url)
    writeFileSync(file, withTables(readFileSync(file, 'utf8')))
  }
}
