import { MAX_FOUND } from '../src/chat/word-search.ts'
import { SCANNED_EVENTS } from '../src/engine/searching.ts'
import { type Command, Mistake } from './command.ts'
import { recordOf } from './events.ts'
import { parseId, parseLimit } from './range.ts'
import type { CommandResult } from './replies.ts'

const DEFAULT_LIMIT = 20
/** A phrase in quotes, which may be followed by an asterisk, or a word. */
const PART = /"[^"]*"?\*?|[^ \t"]+/g
const OPTION = /^(in|limit|before)=(.*)$/i

export const search: Command = {
  name: '/search',
  usage: '/search <words> [in=<room>] [limit=<n>] [before=<id>]',
  help:
    'The newest messages of your room, or of a public one, that have all words: word, begin*, "some words". Records as those of HISTORY, ' +
    `oldest first, then a line that tells how many there are and how far back it has looked. At most limit=N, ${DEFAULT_LIMIT} if not ` +
    `given and never more than ${MAX_FOUND}; before=ID: only older ones.`,
  state: 'named',
  least: 1,
  pipelined: 'settled',
  async run({ chat, session }, parameter) {
    const { room, ...query } = parseSearch(parameter)
    const record = room === undefined ? session.inRoom().room.record : await chat.access.readable(session, room)
    const found = await chat.reading.withWords({ asker: session, name: session.name }, record, query)
    const records = found.events.flatMap((event) => recordOf(event, record.slug, session.name) ?? [])
    return [...records, summary(records.length, found.before, found.bounded)]
  },
}

function summary(found: number, before: number | undefined, bounded: boolean): CommandResult {
  if (before === undefined) return { type: 'commandResult', result: `${found} found`, found }
  const looked = bounded ? `, looked at ${SCANNED_EVENTS} events only` : ''
  return {
    type: 'commandResult',
    result: `${found} found${looked}; older ones: before=${before}`,
    found,
    before: String(before),
  }
}

/**
 * Parses the parameter of /search.
 *
 * @throws {Mistake} `missing-parameter` without words, `invalid-limit`, `invalid-id`
 */
export function parseSearch(parameter: string): { words: string; limit: number; room?: string; before?: number } {
  const options: { limit: number; room?: string; before?: number } = { limit: DEFAULT_LIMIT }
  const words: string[] = []
  for (const [part] of parameter.matchAll(PART)) {
    const [, name, value = ''] = OPTION.exec(part) ?? []
    switch (name?.toLowerCase()) {
      case 'in':
        options.room = value
        break
      case 'limit':
        options.limit = parseLimit(value)
        break
      case 'before':
        options.before = parseId(value)
        break
      default:
        words.push(part)
    }
  }
  if (words.length === 0) throw new Mistake('missing-parameter')
  return { words: words.join(' '), ...options }
}
