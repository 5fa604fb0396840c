/** Ways to complete the word before the caret. */
import { foldName } from '../../src/client/nickname.ts'
import type { RoomEntry } from '../../src/client/roomd-client.ts'
import type { Desk } from '../model/desk.ts'
import { isSaid } from '../model/happening.ts'
import type { CommandHelp } from './commands.ts'

export interface Candidate {
  /** Replaces the word. */
  readonly text: string
  readonly label: string
  readonly detail: string
}

export interface Completion {
  /** Position of the word in the text. */
  readonly start: number
  readonly word: string
  readonly candidates: readonly Candidate[]
}

/** Candidates that are offered at most. */
const MOST = 8
/** Newest events whose senders come first. */
const RECENT = 200

/** Commands and rooms, as far as they are known. */
export interface Known {
  readonly commands: readonly CommandHelp[]
  readonly rooms: readonly RoomEntry[]
}

/** Returns the completion of the word at the end of a text; undefined where none is offered. `isAsked` is true when the user has asked for one. */
export function complete(
  text: string,
  isAsked: boolean,
  desk: Desk,
  { commands, rooms }: Known,
): Completion | undefined {
  const [word = ''] = /\S*$/.exec(text) ?? []
  const start = text.length - word.length
  const ofAll = (candidates: readonly Candidate[]) => (candidates.length > 0 ? { start, word, candidates } : undefined)
  const of = (candidates: readonly Candidate[]) => ofAll(candidates.slice(0, MOST))
  if (start === 0 && /^\/[a-z-]*$/i.test(word)) {
    const begun = commands.filter(({ name }) => name.startsWith(word.toLowerCase()))
    return ofAll(begun.map(({ name, usage, help }) => ({ text: `${name} `, label: usage, detail: help })))
  }
  if (word.startsWith('#') && (isAsked || word.length > 1)) {
    const begun = roomsOf(desk, rooms).filter(([name]) => foldName(name).startsWith(foldName(word.slice(1))))
    return of(begun.map(([name, detail]) => ({ text: `#${name} `, label: `#${name}`, detail })))
  }
  if (word.startsWith('@') || (isAsked && word !== '')) {
    const at = word.startsWith('@') ? '@' : ''
    const end = at === '' && start === 0 ? ': ' : ' '
    const begun = namesOf(desk).filter((name) => foldName(name).startsWith(foldName(word.slice(at.length))))
    return of(begun.map((name) => ({ text: `${at}${name}${end}`, label: name, detail: '' })))
  }
  return undefined
}

/** The names of others in the conversation: those who have spoken last come first. */
function namesOf({ conversation, room, chat }: Desk): readonly string[] {
  const names = new Map<string, string>()
  const events = conversation?.events ?? []
  for (let i = events.length - 1; i >= Math.max(0, events.length - RECENT); i--) {
    const event = events[i]
    if (event && isSaid(event) && (!room || room.members.has(event.from))) names.set(foldName(event.from), event.from)
  }
  const others = room ? room.members.all.map(({ nickname }) => nickname) : [conversation?.name ?? '']
  for (const name of others.toSorted((a, b) => a.localeCompare(b)))
    names.set(foldName(name), names.get(foldName(name)) ?? name)
  names.delete(foldName(chat?.nickname ?? ''))
  return [...names.values()]
}

/** The names of rooms with a word about each: those that the user is in come first. */
function roomsOf({ chat }: Desk, rooms: readonly RoomEntry[]): readonly (readonly [string, string])[] {
  const own = (chat?.conversations.rooms ?? []).map(({ name, topic }) => [name, topic] as const)
  const known = new Set(own.map(([name]) => foldName(name)))
  const others = rooms
    .filter(({ room }) => !known.has(foldName(room)))
    .map(({ room, topic }) => [room, topic ?? ''] as const)
  return [...own, ...others]
}
