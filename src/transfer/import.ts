/** `roomd import`: fills an empty store with the lines of an export. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import split2 from 'split2'
import { EngineFault } from '../engine/errors.ts'
import type { Event } from '../engine/event.ts'
import { KINDS, recordText, type StoredRecord } from '../engine/records.ts'
import type { ImportTarget } from '../engine/transfer.ts'
import { whyUnreadable } from '../secret-files.ts'
import {
  countsText,
  type ExportCounts,
  type ExportLine,
  type ExportTrailer,
  FORMAT,
  LINE_SCHEMAS,
  type RecordLine,
} from './lines.ts'
import { type Out, Progress } from './progress.ts'

/** Records or events that are added at once. */
const PAGE = 1_000

/**
 * Imports a file, `-` for standard input, into a target that is opened once the header is read, and closes it. Resolves with a summary; where
 * it rejects, nothing was imported.
 * @throws EngineFault, Unfit
 */
export async function importStore(open: () => Promise<ImportTarget>, file: string, err: Out): Promise<string> {
  const progress = new Progress(err)
  const filling = new Filling(open, (events) => progress.add(events))
  try {
    progress.begin('importing', undefined)
    const input = file === '-' ? process.stdin : createReadStream(file)
    const trailer = await filling.read(input)
    await filling.target.finish()
    return `imported ${countsText(trailer)} into ${filling.target.shown}; sha256 ${trailer.sha256}`
  } catch (error) {
    if (error === filling.openFault) throw error
    // Where this fails the next import does it.
    if (filling.isOpen) await filling.target.discard().catch(() => {})
    const { syscall } = error as NodeJS.ErrnoException
    const why = error instanceof Error ? error.message : String(error)
    const isOfFile = syscall === 'open' || syscall === 'read'
    throw new EngineFault(`nothing was imported: ${isOfFile ? `${file}: ${whyUnreadable(error)}` : why}`, {
      cause: error,
    })
  } finally {
    progress.end()
    if (filling.isOpen) filling.target.close()
  }
}

/** An import under way: reads lines, checks them and fills the target. */
class Filling {
  readonly #open: () => Promise<ImportTarget>
  #target: ImportTarget | undefined
  /** Error of opening the target. */
  openFault: unknown
  readonly #added: (events: number) => void
  readonly #hash = createHash('sha256')
  readonly #counts = { rooms: 0, records: 0, logs: 0, events: 0 }
  #number = 0
  #log: { readonly last: number; end: number; isBegun: boolean } | undefined
  #events: Event[] = []
  #records: StoredRecord[] = []
  #trailer: ExportTrailer | undefined

  constructor(open: () => Promise<ImportTarget>, added: (events: number) => void) {
    this.#open = open
    this.#added = added
  }

  /** True once the header is read. */
  get isOpen(): boolean {
    return this.#target !== undefined
  }

  async #openTarget(): Promise<void> {
    try {
      this.#target = await this.#open()
    } catch (error) {
      this.openFault = error
      throw error
    }
  }

  get target(): ImportTarget {
    if (!this.#target) throw new Error('the export has no header')
    return this.#target
  }

  async read(input: Readable): Promise<ExportTrailer> {
    const { Compile } = await import('typebox/schema')
    const compiled = <N extends string>(schemas: Readonly<Record<N, object>>) =>
      new Map(Object.entries<object>(schemas).map(([name, schema]) => [name, Compile(schema)]))
    const lines = compiled(LINE_SCHEMAS)
    const values = compiled(Object.fromEntries(Object.entries(KINDS).map(([kind, { schema }]) => [kind, schema])))
    const texts = input.pipe(split2())
    input.on('error', (error) => texts.destroy(error))
    for await (const text of texts as AsyncIterable<string>) {
      this.#number++
      const line = parse(text)
      const valid = line !== undefined && lines.get(line.type)?.Check(line)
      if (!valid || (line.type === 'record' && !values.get(line.kind)?.Check(line.value))) {
        throw new Error(`line ${this.#number} is not one of an export`)
      }
      await this.#take(line, text)
    }
    if (this.#number === 0) throw new Error('the export is empty')
    if (!this.#trailer) throw new Error('the export is cut off: its trailer is missing')
    return this.#trailer
  }

  async #take(line: ExportLine, text: string): Promise<void> {
    if (this.#trailer) throw this.#misplaced(line)
    if ((line.type === 'header') !== (this.#number === 1)) throw this.#misplaced(line)
    if (line.type !== 'header' && line.type !== 'trailer') this.#hash.update(`${text}\n`)
    if (line.type !== 'record') await this.#addRecords()
    switch (line.type) {
      case 'header':
        if (line.format !== FORMAT) {
          throw new Error(`the export has format ${line.format}; this roomd reads format ${FORMAT}`)
        }
        await this.#openTarget()
        return
      case 'lastRoom':
        return this.target.setLastRoom(line.id)
      case 'room': {
        const { type: _, lineName, ...room } = line
        this.#counts.rooms++
        return this.target.addRoom({ ...room, slug: lineName })
      }
      case 'record':
        this.#counts.records++
        this.#records.push(storedRecord(line))
        if (this.#records.length >= PAGE) await this.#addRecords()
        return
      case 'log': {
        const { type: _, ...extent } = line
        await this.#endLog()
        this.#counts.logs++
        this.#log = { last: line.last, end: line.start, isBegun: false }
        return this.target.beginLog(extent)
      }
      case 'state': {
        if (!this.#log || this.#log.isBegun || line.id > this.#log.last) throw this.#misplaced(line)
        const { type: _, ...event } = line
        return this.target.addState([event])
      }
      case 'event': {
        if (!this.#log || line.id <= this.#log.end || line.id > this.#log.last) throw this.#misplaced(line)
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
    if (this.#records.length > 0) await this.target.addRecords(this.#records)
    this.#records = []
  }

  async #addEvents(): Promise<void> {
    if (this.#events.length === 0) return
    await this.target.addEvents(this.#events)
    this.#added(this.#events.length)
    this.#events = []
  }

  async #endLog(): Promise<void> {
    if (!this.#log) return
    await this.#addEvents()
    await this.target.endLog()
    this.#log = undefined
  }

  #misplaced({ type }: ExportLine): Error {
    return new Error(`line ${this.#number} of the export is out of order: ${type}`)
  }
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

function storedRecord({ kind, key, value, expiresAt }: RecordLine): StoredRecord {
  return { kind, key, text: recordText(value), expiresAt }
}
