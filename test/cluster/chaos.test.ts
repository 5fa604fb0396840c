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
const SEED = Number(process.env.CHAOS_SEED ?? 20_260_525)
const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 1)

const BLOWS = ['cut', 'hold', 'startle', 'stand still', 'kill', 'stop', 'kill Redis'] as const

/** What happens at one place. */
interface Strike {
  readonly blow: (typeof BLOWS)[number]
  readonly place: number
  /** What somebody elsewhere says while it lasts, and somebody afterwards. */
  readonly meanwhile: number
  readonly afterwards: number
  /** Between 0 and 1 each: whose connections break. */
  readonly startled: readonly number[]
}

/** All that will happen: whatever comes of it, the same for the same seed. */
function planned(): readonly Strike[] {
  const next = random(SEED)
  const below = (count: number) => Math.floor(next() * count)
  return Array.from({ length: ROUNDS }, () => {
    const left = [...BLOWS]
    return BLOWS.flatMap(() =>
      left.splice(below(left.length), 1).map((blow) => ({
        blow,
        place: below(NODES),
        meanwhile: 1 + below(20),
        afterwards: below(10),
        startled: [next(), next(), next(), next()],
      })),
    )
  }).flat()
}

withRedis('a cluster in trouble', () => {
  test(`keeps its promises (seed ${SEED})`, { timeout: 60_000 + ROUNDS * 60_000 }, async () => {
    const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    onTestFinished(() => server.stop())
    const wires = await Promise.all(Array.from({ length: NODES }, () => Wire.to(server.port)))
    onTestFinished(() => {
      for (const wire of wires) wire.stop()
    })
    const nodes = await startNodes(wires.map(({ place }) => place.url))
    const company = await Company.gather(nodes)
    const { members } = company

    const carryOut = async ({ blow, place, meanwhile, startled }: Strike): Promise<void> => {
      const [node, wire] = [nodes[place], wires[place]]
      if (!node || !wire) throw new Error('there is a node')
      const othersTalk = async () => {
        const witness = members.find((member) => member.node !== node && member.present)
        if (witness) await company.talk(meanwhile, [witness])
      }
      switch (blow) {
        case 'cut':
          return wire.cut()
        case 'hold':
          wire.hold()
          await othersTalk()
          return wire.go()
        case 'startle':
          for (const share of startled) members[Math.floor(share * members.length)]?.startle()
          return
        case 'stand still':
          node.signal('SIGSTOP')
          await othersTalk()
          return node.signal('SIGCONT')
        case 'kill':
          node.signal('SIGKILL')
          await othersTalk()
          return node.startAgain()
        case 'stop':
          await node.stop()
          return node.startAgain()
        case 'kill Redis':
          await server.kill()
          return server.run()
      }
    }
    for (const strike of planned()) {
      await carryOut(strike)
      // Some blows come before the last one is overcome.
      const witness = members.find(({ present }) => present)
      if (witness) await company.talk(strike.afterwards, [witness])
    }
    await company.prove()
  })
})
