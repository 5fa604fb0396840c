import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runShellCommand } from '../../src/run-command.ts'
import { main, nodeEnvironment } from './main.ts'
import { LINE_ONLY } from './process.ts'

export interface Operation {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `roomd` with arguments in a process of its own; `input` is what it reads, `through` a command that runs another one. */
export async function operate(
  args: readonly string[],
  { input = '', through = [] }: { input?: string; through?: readonly string[] } = {},
): Promise<Operation> {
  const [command = '', ...rest] = [...through, process.execPath, main, ...args]
  const child = spawn(command, rest, {
    env: { ...LINE_ONLY, ...nodeEnvironment() },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk) => {
      said[stream] += chunk
    })
  }
  // One that reads nothing may have ended before.
  child.stdin.on('error', () => {}).end(input)
  const [status] = await once(child, 'close')
  return { status, ...said }
}

/** Runs `roomd` with the words of an operation, or with wrong arguments, in this process: all but the process itself is the same. */
export async function operateHere(
  args: readonly string[],
  { input = '' }: { input?: string } = {},
): Promise<Operation> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const written = [stdout, stderr].map((stream) => text(stream))
  const status = await runShellCommand(args, { stdin: Readable.from([input]), stdout, stderr })
  for (const stream of [stdout, stderr]) stream.end()
  const [out = '', err = ''] = await Promise.all(written)
  return { status: status ?? null, stdout: out, stderr: err }
}

/** The rows of a table that was written, by their heads. */
export function rowsOf({ stdout }: Operation): Record<string, string>[] {
  const [head = '', ...rows] = stdout.trimEnd().split('\n')
  const heads = head.split(/ {2,}/)
  return rows.map((row) => Object.fromEntries(row.split(/ {2,}/).map((cell, column) => [heads[column], cell])))
}
