import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** The results of the Lua scripts in scripts/; must be updated with them. */
export interface ScriptResults {
  append:
    | readonly [status: 'ok', prev: string, first: string, skipped: string, lost: string, now: string]
    | readonly [RefusedAppend]
  probe: string | null
  close: string | null
  reap: readonly [next: string, released: readonly (readonly [key: string, token: string, name: string])[]]
  admit: number
  claim: 'taken' | 'held' | 'full' | 'unknown' | 'dead'
  release: number
  share: number
  sync: readonly [start: string, last: string, lost: string]
  trim: readonly [removed: number, erase: 'no' | 'now' | 'later']
  erase: number
  'drop-state': number
  'state-for': readonly [whole: '0' | '1', ...events: string[]]
  moderation: readonly [next: string, entries: readonly (readonly [id: string, fields: readonly string[]])[]]
  clear: number
  back: string | null
  extent: readonly [start: string, last: string, length: number, now: string, inside: readonly string[]] | null
  page: readonly (readonly [id: string, fields: readonly string[]])[]
  renew: readonly [state: 'ok' | 'lost' | 'dead', epoch?: string, ...expired: string[]]
  enrol: number
  bury: readonly string[] | null
  buried: number
  inhabited: readonly string[]
  'create-room': string | null
  'change-room': string
  'drop-room': number
  'find-room': string | null
  'raise-rooms': readonly [behind: '0' | '1', given: string, version: string]
  'missing-rooms': readonly string[]
  said: number
  lobby: number
  see: number
  'write-record': number
  'list-records': readonly string[]
  'move-records': number
}
/** The reasons why scripts/append.lua refuses a batch. */
export type RefusedAppend = 'closed' | 'late' | 'unknown' | 'dead'
export type ScriptName = keyof ScriptResults

/** The files that precede each script, as Lua in Redis has no modules. */
const PRELUDES: { readonly [S in ScriptName]: readonly string[] } = {
  append: ['log', 'state', 'members'],
  probe: ['log'],
  close: ['log', 'state', 'members'],
  reap: ['log', 'state', 'members', 'claims'],
  admit: ['log'],
  claim: ['log', 'claims'],
  release: ['log', 'claims'],
  share: ['log', 'claims'],
  sync: ['log'],
  trim: ['log', 'state'],
  erase: ['log'],
  'drop-state': ['log', 'state'],
  'state-for': ['log', 'state'],
  moderation: ['log'],
  clear: ['log'],
  back: ['log'],
  extent: ['log', 'state', 'members'],
  page: ['log'],
  renew: ['nodes'],
  enrol: ['nodes'],
  bury: ['nodes'],
  buried: ['nodes'],
  inhabited: ['nodes'],
  'create-room': ['rooms'],
  'change-room': ['rooms'],
  'drop-room': ['rooms'],
  'find-room': ['rooms'],
  'raise-rooms': ['rooms'],
  'missing-rooms': ['rooms'],
  said: ['rooms'],
  lobby: ['rooms'],
  see: [],
  'write-record': [],
  'list-records': [],
  'move-records': [],
}

interface Script {
  readonly source: string
  readonly sha: string
}

/** Reads all scripts. */
export function loadScripts(): ReadonlyMap<ScriptName, Script> {
  const read = (name: string) => readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8')
  const scripts = new Map<ScriptName, Script>()
  // The keys are those of the table.
  for (const name of Object.keys(PRELUDES) as ScriptName[]) {
    const source = [...PRELUDES[name], name].map(read).join('\n')
    scripts.set(name, { source, sha: createHash('sha1').update(source).digest('hex') })
  }
  return scripts
}
