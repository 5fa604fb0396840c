/** Fills the tables of the README and of docs/protocols/line-errors.md from those of the code. Run as a program it writes the files. */
import { readFileSync, writeFileSync } from 'node:fs'
import { DISCONNECT_CODES, ERRORS, type ErrorText } from '../commands/errors.ts'
import { commands } from '../commands/index.ts'
import type { ErrorReply } from '../commands/replies.ts'
import { OPTIONS } from '../src/config.ts'
import type { Option } from '../src/option.ts'
import { encoder } from '../src/protocols/line/json.ts'
import { lastLine } from '../src/protocols/line/wire.ts'

const cell = (text: string) => text.replaceAll('|', '\\|')

function commandRows(): string[] {
  const rows = commands.map(({ usage, help }) => `| \`${cell(usage)}\` | ${cell(help)} |`)
  return ['| command | |', '| --- | --- |', ...rows]
}

function optionRows(): string[] {
  const rows = Object.entries<Option>(OPTIONS).map(([name, { default: value, describe, choices }]) => {
    const what = choices ? `${describe}: ${choices.join(', ')}` : describe
    return `| \`--${name}\` | ${value ?? 'off'} | ${cell(what)} |`
  })
  return ['| option | default | |', '| --- | --- | --- |', ...rows]
}

function errorRows(): string[] {
  const rows = Object.entries<ErrorText>(ERRORS).map(([code, { text, hint = '' }]) => {
    return `| \`${code}\` | \`${cell(text)}\` | ${cell(hint).replaceAll('<', '\\<')} |`
  })
  return ['| code | error | hint |', '| --- | --- | --- |', ...rows]
}

function disconnectRows(): string[] {
  const lastWord = lastLine(encoder(false), Buffer.from, () => OPTIONS.http.default)
  const rows = DISCONNECT_CODES.map((code) => {
    const { error, hint = '', reconnect }: ErrorReply = JSON.parse(String(lastWord(code)))
    return `| \`${code}\` | \`${error}\` | ${cell(hint)} | ${reconnect} |`
  })
  return ['| code | error | hint | reconnect |', '| --- | --- | --- | --- |', ...rows]
}

const TABLES = { commands: commandRows, options: optionRows, errors: errorRows, disconnects: disconnectRows }

/** Files with generated tables. */
export const FILES = ['README.md', 'docs/protocols/line-errors.md']

/** The text of such a file with its tables as they should be. */
export function withTables(text: string): string {
  return Object.entries(TABLES).reduce((filled, [name, rows]) => fill(filled, name, rows()), text)
}

function fill(text: string, name: string, rows: readonly string[]): string {
  const table = new RegExp(`(<!-- ${name}:[^\\n]*-->\\n).*?(\\n<!-- /${name} -->)`, 's')
  return text.replace(table, (_, begin: string, end: string) => `${begin}${rows.join('\n')}${end}`)
}

if (import.meta.main) {
  for (const name of FILES) {
    const file = new URL(`../${name}`, import.meta.url)
    writeFileSync(file, withTables(readFileSync(file, 'utf8')))
  }
}
