import { editDistance } from '../src/edit-distance.ts'
import type { CommandContext } from './command.ts'

/** Commands of other chat programs, in upper case, and those that do the same here. */
const FOREIGN: Readonly<Record<string, string>> = {
  PART: '/leave',
  EXIT: '/quit',
  LIST: '/rooms',
  CHANNELS: '/rooms',
  NAMES: '/who',
  USERS: '/who',
  QUERY: '/tell',
  WHISPER: '/tell',
  DM: '/tell',
  NICK: '/login, once on each connection',
  IGNORE: '/block',
  SAY: '/message',
  REDACT: '/delete',
  REMOVE: '/delete',
  DEL: '/delete',
  SLOWMODE: '/slow',
  SILENCE: '/mute',
  UNIGNORE: '/unblock',
}

/** Maximum characters of a word that is compared and repeated. */
const LONGEST_WORD = 32

/** Returns the hint for a word with a slash that is none of the commands: the one that may be meant, and how to say the word. */
export function suggestionFor(unknown: string, groups: CommandContext['commandGroups']): string {
  const advice = '/help lists the commands'
  if (unknown.length > LONGEST_WORD) return advice
  const word = unknown.replace(/^\//, '').toUpperCase()
  const nearest = nearestTo(word, groups)
  const near = nearest && `/${nearest.name.toLowerCase()}`
  if (nearest?.distance === 0) return `${near} stands alone on its line; ${advice}`
  const meant = FOREIGN[word] ?? near
  const literally = unknown.startsWith('/') ? `; /message ${unknown} says it` : ''
  return `${meant === undefined ? '' : `Perhaps ${meant}; `}${advice}${literally}`
}

interface Near {
  readonly name: string
  readonly distance: number
}

/** Words of tables of commands, without slashes. */
const words = new WeakMap<CommandContext['commandGroups'], readonly string[]>()

function nearestTo(word: string, groups: CommandContext['commandGroups']): Near | undefined {
  let known = words.get(groups)
  if (!known) {
    const commands = Object.values(groups).flat()
    const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases])
    known = names.map((name) => name.replace(/^\//, '')).filter((name) => name.length > 1)
    words.set(groups, known)
  }
  let nearest: Near | undefined
  // A longer distance than that is another word. Most words are told apart by their lengths, as a client may send thousands at once.
  let most = Math.min(2, Math.floor(word.length / 2))
  for (const name of known) {
    if (Math.abs(name.length - word.length) > most) continue
    const far = editDistance(word, name.toUpperCase())
    if (far > most) continue
    nearest = { name, distance: far }
    most = far - 1
  }
  return nearest
}
