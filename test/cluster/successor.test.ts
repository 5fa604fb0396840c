/** Who takes a name again is not put out by the one who had it before. */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Line } from '../clients/line.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { eventually } from '../support/eventually.ts'
import { RedisServer, Wire, withRedis } from '../support/redis.ts'
import type { Told } from './checker.ts'

/** Longer than the core waits before it tries again to say that somebody has left, in ms. */
const AGAIN_MS = 1_500

withRedis('a successor', () => {
  test('stays, when a node was taken for dead before it could say that the one before has left', async () => {
    const server = await RedisServer.start()
    const wire = await Wire.to(server.port)
    const start = (redis: string) => startTestDaemon({ redis })
    const [away, other] = [await start(wire.place.url), await start(server.url)]
    onTestFinished(async () => {
      await Promise.all([away.stop(), other.stop()])
      wire.stop()
      await server.stop()
    })
    const told: Told[] = []
    const nobody = { told: () => {}, noticed: () => {}, failed: () => {} }
    const witness = new Line(other.line, { ...nobody, told: (event) => told.push(event) })
    const first = new Line(away.line, nobody)
    for (const [line, name] of [
      [witness, 'witness'],
      [first, 'ann'],
    ] as const) {
      await line.ask(`LOGIN ${name}`)
      expect(await line.ask('JOIN ops')).toMatchObject({ type: 'commandResult' })
    }
    const anns = () => told.filter(({ from }) => from === 'ann').map(({ type }) => type)
    await eventually(() => expect(anns()).toEqual(['userJoined']))

    wire.close()
    await eventually(async () => expect(await first.ask('/rooms')).toMatchObject({ type: 'error' }))
    first.destroy()
    await eventually(() => expect(anns()).toEqual(['userJoined', 'userLeft']))
    wire.open()
    const second = new Line(away.line, nobody)
    for (const line of ['LOGIN ann', 'JOIN ops']) {
      await eventually(async () => expect(await second.ask(line)).toMatchObject({ type: 'commandResult' }))
    }
    await delay(AGAIN_MS)
    expect(anns()).toEqual(['userJoined', 'userLeft', 'userJoined'])
    expect(await second.ask('still here')).toMatchObject({ result: 'OK' })
    for (const line of [witness, second]) line.destroy()
  })
})
