/** `roomd import`: fills an empty store with the lines of an export. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { EngineFault } from '../engine/errors.ts'
import type { Event } from '../engine/event.ts'
import { recordText, type StoredRecord } from '../engine/records.ts'
import type { ImportTarget } from '../engine/transfer.ts'
import { fileFault } from '../file-fault.ts'
import { standardInput } from '../standard-input.ts'
import { countsText, type ExportCounts, type ExportTrailer } from './lines.ts'
import { type Out, Progress } from './progress.ts'
import { checkHeader, misplaced, type ReadLine, readLines } from './read-lines.ts'

/** Records or events that are added at once. */
const PAGE = 1_000

/**
 * Imports a file, `-` for standard input, into a target that is opened once the header is read, and closes it. Resolves with a summary; where
 * it rejects, nothing was imported.
 * @throws EngineFault, Unfit
 */
export async function importStore(open: () => Promise<ImportTarget>, file: string, err: Out): Promise<string> {
  const progress = new Progress(err)
  const lines = readLines(file === '-' ? Readable.from(standardInput()) : createReadStream(file))
  try {
    progress.begin('importing', undefined)
    await checkHeader(lines).catch((error: unknown) => fail(error, file))
    const target = await open()
    try {
      const trailer = await new Filling(target, (events) => progress.add(events)).read(lines)
      await target.finish()
      return `imported ${countsText(trailer)} into ${target.shown}; sha256 ${trailer.sha256}`
    } catch (error) {
      // Where this fails the next import does it.
      await target.discard().catch(() => {})
      return fail(error, file)
    } finally {
      target.close()
    }
  } finally {
    progress.end()
    await lines.return(undefined)
  }
}

function fail(error: unknown, file: string): never {
  const { syscall } = error as NodeJS.ErrnoException
  const why = error instanceof Error ? error.message : String(error)
  const isOfFile = syscall === 'open' || syscall === 'read'
  throw new EngineFault(`nothing was imported: ${isOfFile ? `${file}: ${fileFault(error)}` : why}`, {
    cause: error,
  })
}

/** An import under way: fills the target with the lines behind the header. */
class Filling {
  readonly #target: ImportTarget
  readonly #added: (events: number) => void
  readonly #hash = createHash('sha256')
  readonly #counts = { rooms: 0, records: 0, logs: 0, events: 0 }
  #log: { readonly last: number; end: number; isBegun: boolean } | undefined
  #events: Event[] = []
  #records: StoredRecord[] = []
  #trailer: ExportTrailer | undefined

  constructor(target: ImportTarget, added: (events: number) => void) {
    this.#target = target
    this.#added = added
  }

  /** Reads all lines. Resolves with the last one. */
  async read(lines: AsyncIterable<ReadLine>): Promise<ExportTrailer> {
    for await (const read of lines) await this.#take(read)
    if (!this.#trailer) throw new Error('the export is cut off: its trailer is missing')
    return this.#trailer
  }

  async #take(read: ReadLine): Promise<void> {
    const { line, text } = read
    if (this.#trailer) throw misplaced(read)
    if (line.type !== 'trailer') this.#hash.update(`${text}\n`)
    if (line.type !== 'record') await this.#addRecords()
    switch (line.type) {
      case 'header':
        throw misplaced(read)
      case 'lastRoom':
        return this.#target.setLastRoom(line.id)
      case 'room': {
        const { type: _, lineName, ...room } = line
        this.#counts.rooms++
        return this.#target.addRoom({ ...room, slug: lineName })
      }
      case 'record': {
        const { type: _, value, ...record } = line
        this.#counts.records++
        this.#records.push({ ...record, text: recordText(value) })
        if (this.#records.length >= PAGE) await this.#addRecords()
        return
      }
      case 'log': {
        const { type: _, ...extent } = line
        await this.#endLog()
        this.#counts.logs++
        this.#log = { last: line.last, end: line.start, isBegun: false }
        return this.#target.beginLog(extent)
      }
      case 'state': {
        if (!this.#log || this.#log.isBegun || line.id > this.#log.last) throw misplaced(read)
        const { type: _, ...event } = line
        return this.#target.addState([event])
      }
      case 'event': {
        if (!this.#log || line.id <= this.#log.end || line.id > this.#log.last) throw misplaced(read)
        const { type: _, ...event } = line
        this.#log.end = line.id
        this.#log.isBegun = true
        this.#counts.events++
        this.#events.push(event)
        if (this.#events.length >= PAGE) await this.#addEvents()
        return
      }
      case 'trailer':
        await this.#endLog()
        return this.#check(line)
    }
  }

  #check(trailer: ExportTrailer): void {
    const sha256 = this.#hash.digest('hex')
    const counts = Object.keys(this.#counts) as (keyof ExportCounts)[]
    if (sha256 !== trailer.sha256 || counts.some((name) => this.#counts[name] !== trailer[name])) {
      throw new Error('the export is damaged: its checksum or its counts differ from its trailer')
    }
    this.#trailer = trailer
  }

  async #addRecords(): Promise<void> {
    if (this.#records.length > 0) await this.#target.addRecords(this.#records)
    this.#records = []
  }

  async #addEvents(): Promise<void> {
    if (this.#events.length === 0) return
    await this.#target.addEvents(this.#events)
    this.#added(this.#events.length)
    this.#events = []
  }

  async #endLog(): Promise<void> {
    if (!this.#log) return
    await this.#addEvents()
    await this.#target.endLog()
    this.#log = undefined
  }
}
