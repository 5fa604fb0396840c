import type { Readable } from 'node:stream'
import split2 from 'split2'
import { KINDS } from '../engine/records.ts'
import { type ExportLine, FORMAT, LINE_SCHEMAS } from './lines.ts'

export interface ReadLine {
  readonly line: ExportLine
  readonly text: string
  /** The first one has 1. */
  readonly number: number
}

/** Yields the lines of an export, each checked against the schema of its type. @throws Error at a line that does not fit */
export async function* readLines(input: Readable): AsyncGenerator<ReadLine> {
  const { Compile } = await import('typebox/schema')
  const compiled = <N extends string>(schemas: Readonly<Record<N, object>>) =>
    new Map(Object.entries<object>(schemas).map(([name, schema]) => [name, Compile(schema)]))
  const lines = compiled(LINE_SCHEMAS)
  const values = compiled(Object.fromEntries(Object.entries(KINDS).map(([kind, { schema }]) => [kind, schema])))
  const texts = input.pipe(split2())
  input.on('error', (error) => texts.destroy(error))
  let number = 0
  for await (const text of texts as AsyncIterable<string>) {
    number++
    const line = parse(text)
    const valid = line !== undefined && lines.get(line.type)?.Check(line)
    if (!valid || (line.type === 'record' && !values.get(line.kind)?.Check(line.value))) {
      throw new Error(`line ${number} is not one of an export`)
    }
    yield { line, text, number }
  }
}

/** Reads the first line and checks it. @throws Error if it is not a header of the present format */
export async function checkHeader(lines: AsyncIterator<ReadLine>): Promise<void> {
  const { value: first, done } = await lines.next()
  if (done) throw new Error('the export is empty')
  if (first.line.type !== 'header') throw misplaced(first)
  const { format } = first.line
  if (format !== FORMAT) throw new Error(`the export has format ${format}; this roomd reads format ${FORMAT}`)
}

/** Returns the error for a line that cannot follow those before it. */
export function misplaced({ line, number }: ReadLine): Error {
  return new Error(`line ${number} of the export is out of order: ${line.type}`)
}

/** Parses a line; undefined if it is not an object with a type. */
function parse(text: string): ExportLine | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // The caller checks it against its schema.
    return typeof value === 'object' && value !== null && 'type' in value ? (value as ExportLine) : undefined
  } catch {
    return undefined
  }
}
