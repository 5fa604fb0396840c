/**
 * Everything that can happen to a cluster, in whatever order chance has it. CHAOS_SEED is another order, CHAOS_ROUNDS how
 * often everything happens.
 */
import { onTestFinished, test } from 'vitest'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { Company } from './company.ts'
import { startNodes } from './nodes.ts'
import { random } from './random.ts'

const NODES = 3
const SEED = Number(process.env.CHAOS_SEED ?? 16)
const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 1)

/** What is over at once, and what lasts. */
const BLOWS = ['cut', 'startle', 'kill', 'stop', 'kill Redis', 'hold', 'stand still'] as const
const LASTING = ['hold', 'stand still'] as const

/** What happens at one place. */
interface Strike {
  readonly blow: (typeof BLOWS)[number]
  readonly place: number
  /** It lasts until the node is taken for dead, and somebody elsewhere has the name of one who is there. */
  readonly long: boolean
  /** The next one comes while it lasts. */
  readonly around: boolean
  /** How much somebody elsewhere says meanwhile, and somebody afterwards. */
  readonly meanwhile: number
  readonly afterwards: number
  /** From 0 to below 1 each: whose connections break. */
  readonly startled: readonly number[]
}

/** All that will happen, whatever comes of it: the same for the same seed. */
function planned(): Strike[] {
  const next = random(SEED)
  const below = (count: number) => Math.floor(next() * count)
  return Array.from({ length: ROUNDS }, () => {
    const left = [...BLOWS]
    const long = LASTING[below(LASTING.length)]
    return BLOWS.flatMap(() =>
      left.splice(below(left.length), 1).map((blow) => ({
        blow,
        place: below(NODES),
        long: blow === long,
        around: below(2) === 0,
        meanwhile: 1 + below(10),
        afterwards: below(5),
        startled: [next(), next(), next(), next()],
      })),
    )
  }).flat()
}

withRedis('a cluster in trouble', () => {
  test(`keeps its promises (seed ${SEED})`, { timeout: 120_000 + ROUNDS * 60_000 }, async () => {
    const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    onTestFinished(() => server.stop())
    const wires = await Promise.all(Array.from({ length: NODES }, () => Wire.to(server.port)))
    onTestFinished(() => {
      for (const wire of wires) wire.stop()
    })
    const nodes = await startNodes(wires.map(({ place }) => place.url))
    const company = await Company.gather(nodes, 2)
    /** Where the others move on, these stay: no node is ever deserted. */
    const residents = nodes.map((node, place) => company.invite(`resident${place}`, 0, [node]))
    await company.complete()
    const members = [...company.members]
    const strikes = planned()
    /** Places where nothing is answered now. */
    const mute = new Set<number>()

    const talk = async (count: number): Promise<void> => {
      const heard = nodes.filter((_, place) => !mute.has(place))
      const witness = members.find((member) => member.present && heard.some((node) => node === member.node))
      if (witness) await company.talk(count, [witness])
    }

    const last = async (place: number, { long, around, meanwhile }: Strike): Promise<void> => {
      mute.add(place)
      // Of three nodes one is always heard.
      if (around && mute.size === 1) await strikeNext()
      await talk(meanwhile)
      const robbed = residents[place]
      if (long && robbed) {
        const elsewhere = nodes.filter((_, other) => !mute.has(other))
        const robber = company.invite(robbed.name, 0, elsewhere)
        await company.talk(5, [robber])
        await robber.leave()
      }
      mute.delete(place)
    }

    const strikeNext = async (): Promise<void> => {
      const strike = strikes.shift()
      if (!strike) return
      const { blow, startled } = strike
      const place = mute.has(strike.place) ? (strike.place + 1) % NODES : strike.place
      const [node, wire] = [nodes[place], wires[place]]
      if (!node || !wire) throw new Error('there is a node')
      if (blow === 'cut') wire.cut()
      if (blow === 'startle') for (const share of startled) members[Math.floor(share * members.length)]?.startle()
      if (blow === 'kill' || blow === 'stop') {
        if (blow === 'stop') await node.stop()
        else node.signal('SIGKILL')
        await talk(blow === 'kill' ? strike.meanwhile : 0)
        await node.startAgain()
      }
      if (blow === 'kill Redis') {
        await server.kill()
        await server.run()
      }
      if (blow === 'hold') {
        wire.hold()
        await last(place, strike)
        wire.go()
      }
      if (blow === 'stand still') {
        node.signal('SIGSTOP')
        await last(place, strike)
        node.signal('SIGCONT')
      }
      // Some blows come before the last one is overcome.
      await talk(strike.afterwards)
    }

    while (strikes.length > 0) await strikeNext()
    await company.prove()
  })
})
