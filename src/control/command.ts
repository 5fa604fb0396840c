/** `roomd room`, `account`, `address` and `token`: sends a request to the daemon, or opens the store itself if none is running. */
import type { Writable } from 'node:stream'
import { checkConfig, fileOf } from '../config.ts'
import { escapeAll, UNSAFE } from '../escape.ts'
import { askDaemon } from './client.ts'
import type { ControlReply } from './operation.ts'
import { controlPathOf } from './socket.ts'
import type { CommandStreams } from './streams.ts'
import { type OperatorCommand, requestOf } from './words.ts'

/**
 * Runs a command of the operator. Resolves with true if it succeeds.
 *
 * @throws {ConfigError}
 * @throws {EngineFault}
 */
export async function operate(
  command: OperatorCommand,
  options: Readonly<Record<string, unknown>>,
  streams: CommandStreams,
): Promise<boolean> {
  const config = checkConfig(options)
  const request = await requestOf(command, options, streams.stdin)
  const path = fileOf(config) === undefined ? undefined : controlPathOf(config.data)
  const asked = path === undefined ? undefined : await askDaemon(path, request)
  const replies = asked ?? (await import('./alone.ts')).carryOutAlone(config, request)
  return print(replies, options.json === true, streams)
}

/** Prints the replies, as a table or as one object a line. Resolves with true if the operation succeeds. */
async function print(
  replies: AsyncIterable<ControlReply>,
  isJson: boolean,
  { stdout, stderr }: CommandStreams,
): Promise<boolean> {
  const rows: (readonly string[])[] = []
  const objects: object[] = []
  let done = false
  for await (const reply of replies) {
    if ('row' in reply) {
      rows.push(reply.row)
      if (reply.object) objects.push(reply.object)
    } else if ('warning' in reply) stderr.write(`roomd: warning: ${reply.warning}\n`)
    else if ('failed' in reply) stderr.write(`roomd: ${reply.failed}\n`)
    else {
      done = true
      if (isJson)
        await write(stdout, objects.map((object) => `${escapeAll(JSON.stringify(object), UNSAFE)}\n`).join(''))
      else await write(stdout, rows.length > 0 ? tableOf(rows) : `${reply.done}\n`)
    }
  }
  return done
}

/** Writes; ignores EPIPE, as of `| head`. */
function write(stdout: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The callback is told as well.
    stdout.on('error', () => {})
    stdout.write(text, (error?: NodeJS.ErrnoException | null) => {
      if (!error || error.code === 'EPIPE') resolve()
      else reject(new Error(`standard output: ${error.message}`, { cause: error }))
    })
  })
}

/** Formats rows as columns, at least two spaces apart. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  )
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}
