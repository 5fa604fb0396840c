/**
 * The lines of an export, each an object of JSON: a header, the number given to a room last, rooms, records kind by kind, logs each
 * followed by the state of its room and by its events, a trailer. The same content gives the same bytes behind the header, whichever engine it comes from.
 */
import { type RoomRecord, VISIBILITIES } from '../engine/engine.ts'
import { ALL_EVENT_KINDS, type Event, type EventDetails, MODE_FLAGS, ROLES } from '../engine/event.ts'
import { KINDS, type RecordKind, type RecordOf } from '../engine/records.ts'
import type { LogExtent } from '../engine/transfer.ts'

/** Version of the format; raised when earlier versions of roomd would misread it. */
export const FORMAT = 1

interface ExportHeader {
  readonly type: 'header'
  readonly format: number
  /** Version of roomd. */
  readonly roomd: string
  /** ISO 8601. */
  readonly exportedAt: string
}

export interface ExportCounts {
  readonly rooms: number
  readonly records: number
  readonly logs: number
  readonly events: number
}

/** The last line, with the checksum of all lines between it and the header. */
export interface ExportTrailer extends ExportCounts {
  readonly type: 'trailer'
  readonly sha256: string
}

interface RecordLine {
  readonly type: 'record'
  readonly kind: RecordKind
  readonly key: string
  readonly value: RecordOf<RecordKind>
  readonly expiresAt?: number | undefined
}

/** A room; its slug is written as `lineName`. */
interface RoomLine extends Omit<RoomRecord, 'slug'> {
  readonly type: 'room'
  readonly lineName: string
}

export type ExportLine =
  | ExportHeader
  | { readonly type: 'lastRoom'; readonly id: number }
  | RoomLine
  | RecordLine
  | ({ readonly type: 'log' } & LogExtent)
  /** An event of the state of the log's room, see {@link EngineLogs.state}. */
  | ({ readonly type: 'state' } & Event)
  | ({ readonly type: 'event' } & Event)
  | ExportTrailer

const TEXT = { type: 'string' }
const COUNT = { type: 'integer', minimum: 0 }
/** Schema of a time. */
const MS = { type: 'number', minimum: 0 }

const DETAILS: Readonly<Record<keyof EventDetails, object>> = {
  quit: { const: true },
  renamed: TEXT,
  action: { const: true },
  notice: { const: true },
  role: { enum: ROLES },
  on: { type: 'boolean' },
  account: TEXT,
  guest: { const: true },
  until: MS,
  address: TEXT,
  flag: { enum: MODE_FLAGS },
  value: TEXT,
  target: COUNT,
  tags: { type: 'object', additionalProperties: TEXT },
  msgid: TEXT,
}

/** Members of an event in their order, each with its schema. */
const EVENT: Readonly<Record<keyof Event, object>> = {
  id: COUNT,
  at: MS,
  kind: { enum: ALL_EVENT_KINDS },
  room: COUNT,
  from: TEXT,
  body: TEXT,
  to: TEXT,
  sent: { type: 'number' },
  color: TEXT,
  verified: { const: true },
  details: objectOf(DETAILS, Object.keys(DETAILS)),
}
const OPTIONAL: readonly (keyof Event)[] = ['to', 'sent', 'color', 'verified', 'details']
const MAKER = { address: TEXT, name: TEXT, account: TEXT }
const ROOM: Readonly<Record<Exclude<keyof RoomLine, 'type'>, object>> = {
  id: COUNT,
  title: TEXT,
  lineName: TEXT,
  description: TEXT,
  visibility: { enum: VISIBILITIES },
  hash: TEXT,
  maker: objectOf(MAKER, ['name', 'account']),
  createdAt: MS,
  changedAt: MS,
}
const LOG: Readonly<Record<keyof LogExtent, object>> = {
  name: { type: 'string', pattern: '^(room:[0-9]+|inbox:.*)$' },
  start: { type: 'integer' },
  last: COUNT,
}
const TRAILER: Readonly<Record<keyof ExportCounts | 'sha256', object>> = {
  rooms: COUNT,
  records: COUNT,
  logs: COUNT,
  events: COUNT,
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
}

/** The schema of each type of line; that of a record's value is its kind's. */
export const LINE_SCHEMAS: Readonly<Record<ExportLine['type'], object>> = {
  header: { type: 'object', required: ['format'] },
  lastRoom: objectOf({ type: TEXT, id: COUNT }, []),
  room: objectOf({ type: TEXT, ...ROOM }, ['hash', 'maker']),
  record: objectOf({ type: TEXT, kind: { enum: Object.keys(KINDS) }, key: TEXT, value: {}, expiresAt: MS }, [
    'expiresAt',
  ]),
  log: objectOf({ type: TEXT, ...LOG }, []),
  state: objectOf({ type: TEXT, ...EVENT }, OPTIONAL),
  event: objectOf({ type: TEXT, ...EVENT }, OPTIONAL),
  trailer: objectOf({ type: TEXT, ...TRAILER }, []),
}

const VALUE_MEMBERS = Object.values(KINDS).flatMap(({ schema }) => memberNames(schema))
/** Order in which the members of each type of line are written, nested ones included. */
const MEMBERS: Readonly<Record<ExportLine['type'], string[]>> = {
  header: ['type', 'format', 'roomd', 'exportedAt'],
  lastRoom: ['type', 'id'],
  room: ['type', ...Object.keys(ROOM), ...Object.keys(MAKER)],
  record: ['type', 'kind', 'key', 'value', 'expiresAt', ...VALUE_MEMBERS],
  log: ['type', ...Object.keys(LOG)],
  state: ['type', ...Object.keys(EVENT), ...Object.keys(DETAILS)],
  event: ['type', ...Object.keys(EVENT), ...Object.keys(DETAILS)],
  trailer: ['type', ...Object.keys(TRAILER)],
}

export function encodeLine(line: ExportLine): string {
  return `${JSON.stringify(line, MEMBERS[line.type])}\n`
}

/** Returns the names of the members of objects of a schema, nested ones behind the member that they are in. */
function memberNames(schema: object): string[] {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, object>> }
  return Object.entries(properties).flatMap(([name, member]) => [name, ...memberNames(member)])
}

function objectOf(properties: Readonly<Record<string, object>>, optional: readonly string[]): object {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, required, additionalProperties: false }
}

/** Counts in words, for an operator. */
export function countsText({ events, logs, rooms, records }: ExportCounts): string {
  const said = (count: number, what: string) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
  return `${said(events, 'event')} in ${said(logs, 'log')}, ${said(rooms, 'room')}, ${said(records, 'record')}`
}
