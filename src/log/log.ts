/** The log of the process, on standard output. */
import cluster from 'node:cluster'
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import type { LogState } from '../protocols/operation/vitals.ts'
import { visible } from './visible.ts'
import { LogWriter, type Write, type WriterOptions } from './writer.ts'

const STDOUT = 1
/** Options of all loggers. */
const SAFE = { hooks: { streamWrite: visible } } as const
/** Maximum time in which the last lines are written when the process exits. */
const LAST_MS = 500

export interface Log {
  readonly log: Logger
  readonly state: LogState
  /** Resolves when all lines are written, or none can be written, at the latest after `ms`. */
  flush(ms: number): Promise<void>
}

/** Opens the log: a coloured line for each entry on a terminal, else JSON. A full disk or a blocked or closed pipe never stops the process. */
export async function openLog(level: string): Promise<Log> {
  // Without a listener an error of these streams would end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const told: { log?: Logger } = {}
  const writer = new LogWriter({
    ...(cluster.isWorker ? throughStdout() : toStdout()),
    failed: (reason) => {
      // A stopped terminal would block this write.
      if (!process.stderr.isTTY) process.stderr.write(`roomd: cannot write the log: ${reason}\n`)
    },
    recovered: (reason, dropped) => told.log?.warn({ reason, dropped }, 'log lines were dropped'),
  })
  process.on('exit', () => writer.flushNow(LAST_MS))
  told.log =
    process.stdout.isTTY && !cluster.isWorker ? await forPeople(writer, level) : pino({ ...SAFE, level }, writer)
  const state = {
    get droppedLines() {
      return writer.dropped
    },
    get trouble() {
      return writer.trouble
    },
  }
  return { log: told.log, state, flush: (ms) => writer.flush(ms) }
}

async function forPeople(writer: LogWriter, level: string): Promise<Logger> {
  const { prettyFactory } = await import('pino-pretty')
  const pretty = prettyFactory({ translateTime: 'HH:MM:ss', singleLine: true })
  return pino({ ...SAFE, level, base: null }, { write: (line) => writer.write(pretty(line)) })
}

/** Writes directly to the descriptor: lines in the kernel's buffer survive the end of the process. */
function toStdout(): Pick<WriterOptions, 'write' | 'writeNow'> {
  const kind = fstatSync(STDOUT)
  const mayBlock = kind.isFIFO() || process.stdout.isTTY
  const descriptor = mayBlock ? withoutBlocking() : STDOUT
  const writeNow = (bytes: Buffer) => writeSync(descriptor, bytes)
  const later: Write = (bytes, done) => write(descriptor, bytes, done)
  const atOnce: Write = (bytes, done) => {
    let written = 0
    try {
      written = writeNow(bytes)
    } catch (error) {
      // writeSync throws errors of the system only.
      return done(error as NodeJS.ErrnoException, 0)
    }
    done(null, written)
  }
  // Writes to a file may block, also with O_NONBLOCK.
  return { write: kind.isFile() ? later : atOnce, writeNow }
}

/**
 * Opens the same pipe or terminal again with O_NONBLOCK, which on the inherited description would apply to other processes, too. A
 * socket is non-blocking already.
 */
function withoutBlocking(): number {
  try {
    return openSync(`/dev/fd/${STDOUT}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return STDOUT
  }
}

/** Writes through the stdout stream of a pm2 cluster worker, which does not confirm writes in every configuration. */
function throughStdout(): Pick<WriterOptions, 'write' | 'writeNow' | 'chunkBytes'> {
  let confirms = false
  return {
    // pm2 can add the time to each write, so each has one line.
    chunkBytes: 1,
    write: (bytes, done) => {
      const confirmed = confirms
      process.stdout.write(bytes.toString(), 'utf8', (error) => {
        confirms = true
        if (confirmed) done(error ?? null, bytes.length)
      })
      if (!confirmed) done(null, bytes.length)
    },
    writeNow: (bytes) => {
      process.stdout.write(bytes.toString())
      return bytes.length
    },
  }
}
