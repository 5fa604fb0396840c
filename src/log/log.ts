/** The log of the process, on standard output. */
import cluster from 'node:cluster'
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import type { LogState } from '../protocols/operation/vitals.ts'
import { visible } from './visible.ts'
import { LogWriter, type Write, type WriterOptions } from './writer.ts'

const STDOUT = 1
/** Options of every line. */
const SAFE = { hooks: { streamWrite: visible } } as const
/** Time in which the last lines of a process that ends with a fault are written, in ms. */
const LAST_MS = 500

export interface Log {
  readonly log: Logger
  readonly state: LogState
  /** Resolves when all lines are written or none can be, at the latest after `ms`. */
  flush(ms: number): Promise<void>
}

/** JSON for programs, colours for people. Neither a full disk nor a reader that is gone or does not read ever stops the process. */
export async function openLog(level: string): Promise<Log> {
  // Without a listener they would end it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const told: { log?: Logger } = {}
  const writer = new LogWriter({
    ...(cluster.isWorker ? throughStdout() : toStdout()),
    failed: (reason) => {
      // A terminal that is stopped would stop this, too.
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
  const pretty = prettyFactory({ translateTime: 'HH:MM:ss' })
  return pino({ ...SAFE, level, base: null }, { write: (line) => writer.write(pretty(line)) })
}

/** Writes directly to the descriptor: lines in the kernel's buffers outlive the process. */
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
      // Only the system's errors come from there.
      return done(error as NodeJS.ErrnoException, 0)
    }
    done(null, written)
  }
  // A disk may be slow, whatever is asked of it.
  return { write: kind.isFile() ? later : atOnce, writeNow }
}

/**
 * Another description of the same pipe or terminal, for which not to block is nobody else's concern. The runtime has made
 * that of a socket so by now; the one of a pipe, which another process may share, it would make so for all.
 */
function withoutBlocking(): number {
  try {
    return openSync(`/dev/fd/${STDOUT}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return STDOUT
  }
}

/** Through the stream of a worker of pm2's cluster, beneath which is pm2's own log. It does not confirm writes in every setting. */
function throughStdout(): Pick<WriterOptions, 'write' | 'writeNow' | 'chunkBytes'> {
  let confirms = false
  return {
    // pm2 can put the time before each write.
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
