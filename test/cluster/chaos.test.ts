/** Everything that can happen to a cluster, in whatever order chance has it. */
import { onTestFinished, test } from 'vitest'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import { Company } from './company.ts'
import { startNodes } from './nodes.ts'
import { random } from './random.ts'

const NODES = [0, 1, 2]
const BLOWS = 8
const SEED = 20_260_525

withRedis('a cluster in trouble', () => {
  test(`keeps its promises (seed ${SEED})`, { timeout: 240_000 }, async () => {
    const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    onTestFinished(() => server.stop())
    const wires = await Promise.all(NODES.map(() => Wire.to(server.port)))
    onTestFinished(() => {
      for (const wire of wires) wire.stop()
    })
    const nodes = await startNodes(wires.map(({ place }) => place.url))
    const company = await Company.gather(nodes)

    const next = random(SEED)
    const below = (count: number) => Math.floor(next() * count)
    /** One of three things at one place. */
    const strike = async (place: number): Promise<void> => {
      const [node, wire] = [nodes[place], wires[place]]
      if (!node || !wire) return
      const witness = company.members.find((member) => member.node !== node && member.present)
      const meanwhile = () => company.talk(1 + below(20), witness ? [witness] : [])
      switch (below(7)) {
        case 0:
          wire.cut()
          break
        case 1:
          wire.hold()
          await meanwhile()
          wire.go()
          break
        case 2:
          for (let count = 0; count < 4; count++) company.members[below(company.members.length)]?.startle()
          break
        case 3:
          node.signal('SIGSTOP')
          await meanwhile()
          node.signal('SIGCONT')
          break
        case 4:
          node.signal('SIGKILL')
          await meanwhile()
          await node.startAgain()
          break
        case 5:
          await node.stop()
          await node.startAgain()
          break
        default:
          await server.kill()
          await server.run()
      }
    }
    for (let blow = 0; blow < BLOWS; blow++) {
      await strike(below(NODES.length))
      // Some blows come before the last one is overcome.
      const witness = company.members.find(({ present }) => present)
      if (witness) await company.talk(below(10), [witness])
    }
    await company.prove()
  })
})
