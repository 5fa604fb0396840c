/** How long a message takes from the first process of a fleet to members at the last one, at a steady rate. */
import { Client, enterAll, quiet, within } from './client.ts'
import { type Fleet, Rounds, type Running, shown, withFleets } from './fleet.ts'
import { timeAll } from './hear.ts'
import { LIMIT_MS } from './room.ts'
import { type Context, quantile } from './scenario.ts'
import { speakSteadily } from './steady.ts'

/** Messages a second. */
export const RATE = 200
/** A process that has just been started is slow for a second. */
const WARM_UP = 2 * RATE
/**
 * Many and short, the fleets in turn: the machine may have other guests, who come for a second or two, and the middle one of
 * many rounds is one in which they were away.
 */
const ROUNDS = 25
const ROUND = 2 * RATE

export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly missing: number
}

export async function acrossFleets(context: Context, fleets: readonly Fleet[]): Promise<Rounds<Latency>> {
  const rounds = new Rounds<Latency>()
  await withFleets(fleets, async (running) => {
    const rooms: (readonly [Fleet, SteadyRoom])[] = []
    try {
      for (const [fleet, how] of running) rooms.push([fleet, await SteadyRoom.open(how, context)])
      for (const [, room] of rooms) await room.speak(context.size(WARM_UP, RATE))
      for (let number = 1; number <= context.size(ROUNDS, 3); number++) {
        for (const [fleet, room] of rooms) {
          const round = await room.speak(ROUND)
          rounds.add(fleet, round)
          context.say(`latency, ${fleet.name}, round ${number}: ${shown(round)}`)
        }
      }
    } finally {
      for (const [, room] of rooms) room.leave()
    }
  })
  return rounds
}

/** One who speaks at the first process, and some who listen at the last one. */
class SteadyRoom {
  readonly #speaker: Client
  readonly #listeners: readonly Client[]
  readonly #dialect: Running['dialect']

  static async open({ first, last, dialect }: Running, context: Context): Promise<SteadyRoom> {
    const speaker = new Client(first.port)
    if (dialect.speakerEnters) await within(LIMIT_MS, 'entering', speaker.enter(dialect, 0, 0))
    const listeners = await enterAll(last.port, dialect, context.size(50, 10), { first: 1 })
    await quiet()
    return new SteadyRoom(speaker, listeners, dialect)
  }

  private constructor(speaker: Client, listeners: readonly Client[], dialect: Running['dialect']) {
    this.#speaker = speaker
    this.#listeners = listeners
    this.#dialect = dialect
  }

  async speak(messages: number): Promise<Latency> {
    const sent: number[] = []
    const times = timeAll(this.#listeners, sent)
    await within(LIMIT_MS, 'latency', speakSteadily(this.#speaker, RATE, messages, sent, this.#dialect))
    await quiet()
    const missing = this.#listeners.length * messages - times.length
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), missing }
  }

  leave(): void {
    for (const client of [this.#speaker, ...this.#listeners]) client.leave()
  }
}
