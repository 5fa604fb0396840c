/** `roomd export`: writes the content of a store as lines of JSON. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RoomRecord } from '../engine/engine.ts'
import { EngineFault } from '../engine/errors.ts'
import { fold } from '../engine/fold.ts'
import { declarationOf, KIND_NAMES, parseRecord } from '../engine/records.ts'
import { type ExportSource, Unfit } from '../engine/transfer.ts'
import { countsText, type ExportLine, type ExportTrailer, encodeLine, FORMAT } from './lines.ts'
import { type Out, Progress } from './progress.ts'

/** The kinds of records that are content. */
const CONTENT = KIND_NAMES.filter((kind) => !declarationOf(kind).isOfNodes)

interface ExportRequest {
  readonly version: string
  /** Title or slug of the only room to export, without anything else. */
  readonly room: string | undefined
  /** File to write; standard output if undefined. */
  readonly output: string | undefined
}

/** Writes an export and closes the source. Resolves with a summary. @throws Unfit, EngineFault */
export async function exportStore(source: ExportSource, request: ExportRequest, err: Out): Promise<string> {
  const progress = new Progress(err)
  try {
    const room = request.room === undefined ? undefined : roomIn(source, request.room)
    progress.begin('exporting', room ? undefined : source.size)
    let trailer: ExportTrailer | undefined
    const lines = linesOf(
      source,
      request.version,
      room,
      (events) => progress.add(events),
      (last) => (trailer = last),
    )
    await (request.output === undefined ? write(lines, process.stdout, false) : writeFile(lines, request.output))
    progress.end()
    if (!trailer) throw new Error('the export has no trailer')
    return `exported ${countsText(trailer)} from ${source.shown}; sha256 ${trailer.sha256}`
  } finally {
    progress.end()
    source.close()
  }
}

/** Yields the lines of an export, some at a time. */
async function* linesOf(
  source: ExportSource,
  version: string,
  room: RoomRecord | undefined,
  read: (events: number) => void,
  end: (trailer: ExportTrailer) => void,
): AsyncGenerator<string> {
  const hash = createHash('sha256')
  const counts = { rooms: 0, records: 0, logs: 0, events: 0 }
  const encode = (lines: readonly ExportLine[]): string => {
    const text = lines.map(encodeLine).join('')
    hash.update(text)
    return text
  }
  yield encodeLine({ type: 'header', format: FORMAT, roomd: version, exportedAt: new Date().toISOString() })
  yield encode([{ type: 'lastRoom', id: source.lastRoom }])
  const rooms = room ? [room] : source.rooms
  counts.rooms = rooms.length
  yield encode(rooms.map(({ slug, ...one }) => ({ type: 'room', ...one, lineName: slug })))
  for (const kind of room ? [] : CONTENT) {
    for await (const page of source.records(kind)) {
      counts.records += page.length
      yield encode(
        page.map(({ key, text, expiresAt }) => ({
          type: 'record',
          kind,
          key,
          value: parseRecord(kind, text),
          expiresAt,
        })),
      )
    }
  }
  for await (const { name, start, last, state, events } of source.logs()) {
    if (room && name !== `room:${room.id}`) continue
    counts.logs++
    yield encode([{ type: 'log', name, start, last }, ...state.map((event) => ({ type: 'state' as const, ...event }))])
    for await (const page of events) {
      counts.events += page.length
      read(page.length)
      yield encode(page.map((event) => ({ type: 'event', ...event })))
    }
  }
  const trailer: ExportTrailer = { type: 'trailer', ...counts, sha256: hash.digest('hex') }
  end(trailer)
  yield encodeLine(trailer)
}

/** Finds a room by title or slug. @throws Unfit */
export function roomIn({ rooms, shown }: ExportSource, name: string): RoomRecord {
  const key = fold(name)
  const room = rooms.find(({ title, slug }) => fold(slug) === key || fold(title) === key)
  if (!room) throw new Unfit(`there is no room ${name} at ${shown}`)
  return room
}

async function write(lines: AsyncIterable<string>, out: Writable, end: boolean): Promise<void> {
  await pipeline(Readable.from(lines, { highWaterMark: 4 }), out, { end }).catch((error: unknown) => {
    const { code, syscall, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    const isNoFolder = code === 'ENOENT' && syscall === 'open'
    const why = isNoFolder ? 'there is no such folder' : code === 'ENOSPC' ? 'the disk is full' : message
    throw new EngineFault(`cannot write the export: ${why}`, { cause: error })
  })
}

/** Writes lines to a file that only its owner can read, and replaces an existing file at the end; a pipe or a device is written to. */
async function writeFile(lines: AsyncIterable<string>, output: string): Promise<void> {
  const found = await stat(output).catch(() => undefined)
  if (found && !found.isFile()) return write(lines, createWriteStream(output), true)
  // A link stays, and leads to the new file.
  const file = found ? await realpath(output) : output
  const part = `${file}.part`
  // One that an interrupted export has left may have another mode.
  await rm(part, { force: true })
  try {
    await write(lines, createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }), true)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
