/** Fills the README's tables from the tables of the code. Run as a program it writes the file. */
import { readFileSync, writeFileSync } from 'node:fs'
import { commands } from '../commands/index.ts'
import { OPTIONS, type Option } from '../src/config.ts'

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

export function readmeWith(readme: string): string {
  return fill(fill(readme, 'commands', commandRows()), 'options', optionRows())
}

function fill(readme: string, name: string, rows: readonly string[]): string {
  const table = new RegExp(`(<!-- ${name}:[^\\n]*-->\\n).*?(\\n<!-- /${name} -->)`, 's')
  return readme.replace(table, (_, begin: string, end: string) => `${begin}${rows.join('\n')}${end}`)
}

if (import.meta.main) {
  const file = new URL('../README.md', import.meta.url)
  writeFileSync(file, readmeWith(readFileSync(file, 'utf8')))
}
