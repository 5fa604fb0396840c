/** The way in which the clients of a test file reach the daemon, so that the same points are repeated over every transport. */
import { afterAll, describe } from 'vitest'
import { type IrcWay, PLAIN_WAY } from '../../clients/irc.ts'

/** The files with the points of docs/protocols/irc.md, section 9, that a client can be asked for over any transport. */
const FILES = [
  'registration',
  'channels',
  'messages',
  'users',
  'real-names',
  'modes',
  'accounts',
  'nick',
  'history',
  'server',
] as const

let current = PLAIN_WAY

export function currentWay(): IrcWay {
  return current
}

/** The listeners that the way needs. */
export function listenersOf({ transport }: IrcWay): { readonly [option: string]: number } {
  if (transport === 'TCP') return {}
  return transport === 'TLS' ? { 'irc-tls': 0 } : { http: 0 }
}

/**
 * Those of them that are repeated where input is cut up over TLS and WebSockets: lines are whole again before a command is looked for, and
 * both hand on a stream as TCP does, over which every point is cut in every way.
 */
const IN_PIECES: readonly (typeof FILES)[number][] = ['registration', 'messages', 'server']

/** Repeats the points in a way. Once in a file: the way holds for all of it. */
export function repeatOver(way: IrcWay): void {
  current = way
  afterAll(() => {
    current = PLAIN_WAY
  })
  const files = way.mode === 'whole' || way.transport === 'TCP' ? FILES : IN_PIECES
  describe.each(files)(`over ${way.transport}, sent ${way.mode}: %s`, async (file) => {
    // A worker runs many files, and keeps what it has loaded under its name.
    await import(`./${file}.test.ts?${way.transport}-${way.mode}`)
  })
}
