import { commandInput } from '../input.ts'
import { decoded } from './decoding.ts'
import { inputLines, shownLine } from './input-lines.ts'

/** A text to say. */
export interface InputText {
  readonly text: string
  /** Number of its line in the input. */
  readonly line: number | undefined
}

/** Texts, some at a time. */
export type InputTexts = AsyncIterable<readonly InputText[]>

/** Yields a text, unless it is blank. */
export async function* oneText(text: string): InputTexts {
  if (/\S/.test(text)) yield [{ text, line: undefined }]
}

/** Returns all of standard input as one text. */
export async function wholeInput(): Promise<string> {
  let input = ''
  for await (const text of decoded(commandInput())) input += text
  const lines = input.split('\n')
  return lines.map(shownLine).join('\n').replace(/\n+$/, '')
}

/** Yields the lines of standard input that are not blank. */
export async function* inputTexts(): InputTexts {
  if (process.stdin.isTTY) process.stderr.write('Type what to say; Ctrl-D ends.\n')
  let line = 0
  for await (const lines of inputLines(commandInput())) {
    const numbered = lines.map((text) => ({ text: shownLine(text), line: ++line }))
    yield numbered.filter(({ text }) => /\S/.test(text))
  }
}
