/** A session of a client, as data: drawn from a seed, mutated, and played over a socket (client.ts). */
import fc from 'fast-check'

export type Step =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** Waits for an answer to what was sent, for a moment. */
  | { readonly kind: 'hear' }
  | { readonly kind: 'pause'; readonly ms: number }

/** Ends a session before it has sent everything. */
const QUIT = /quit/i

/** How a client ends: `half-close` waits for the server's end, and everything that was asked is answered. */
export type Ending = 'half-close' | 'close' | 'reset'

export interface Session {
  readonly tls: boolean
  /** The client's address. */
  readonly from: string
  readonly steps: readonly Step[]
  readonly ending: Ending
  /** Whether the client reads what it is told before its end. */
  readonly reads: boolean
}

export interface Protocol {
  /** The listener whose port it is. */
  readonly listener: 'line' | 'line-tls' | 'chatterbox' | 'chatroom' | 'http' | 'irc'
  readonly sessions: fc.Arbitrary<Session>
  /** Returns the number of replies. Throws when something is not well-formed; an end within a reply is right unless `complete`. */
  readonly check: (received: Buffer, complete: boolean, session: Session) => number
}

export const send = (bytes: Buffer | string): Step => ({ kind: 'send', bytes: Buffer.from(bytes) })
export const hear: Step = { kind: 'hear' }

/**
 * The session that a seed gives: with several parts, what so many sessions send, over the connection of the first one. A part that quits is
 * the last.
 */
export function sessionOf({ sessions }: Protocol, seed: number, parts = 1): Session {
  const all = fc.sample(sessions, { seed, numRuns: parts })
  const [first] = all
  if (!first) throw new Error('fast-check has sampled nothing')
  const quit = all.findIndex(({ steps }) => steps.some((step) => step.kind === 'send' && QUIT.test(String(step.bytes))))
  return { ...first, steps: all.slice(0, quit === -1 ? all.length : quit + 1).flatMap(({ steps }) => steps) }
}

/** A session as text from which it can be sent again. */
export function shown({ steps, ...rest }: Session): string {
  const lines = steps.map((step) =>
    step.kind === 'send' ? `send ${JSON.stringify(step.bytes.toString('latin1'))}` : JSON.stringify(step),
  )
  return [JSON.stringify(rest), ...lines].join('\n')
}
