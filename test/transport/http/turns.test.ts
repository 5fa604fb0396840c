import { connect } from 'node:net'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { WorkTurns } from '../../../src/chat/work-turns.ts'
import { atTickEnd, connectionOpened, nextRound, tickEnd } from '../../../src/tick.ts'
import { openPort, request } from '../../support/http.ts'

const CONNECTIONS = 10
const PIPELINED = 16
/** Time that a request takes in these tests, in ms. */
const WORK_MS = 1

/** Time passes by this alone, whatever else the machine does. */
let now: number
function work(): void {
  now += WORK_MS
}

beforeEach(() => {
  now = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  return () => clock.mockRestore()
})

test('of many requests that take long, the two of one turn begin in a round of the event loop', async () => {
  let [asked, inRound, most] = [0, 0, 0]
  const { port } = await openPort((app) => {
    app.get('/', async () => {
      work()
      asked++
      most = Math.max(most, ++inRound)
      return ''
    })
  })
  for (let n = 0; n < CONNECTIONS; n++) {
    const socket = connect({ host: '127.0.0.1', port })
    onTestFinished(() => void socket.destroy())
    socket.resume().write(request('GET /', 'Connection: keep-alive').repeat(PIPELINED))
  }
  while (asked < CONNECTIONS * PIPELINED) {
    await nextRound()
    inRound = 0
  }
  // In the first round requests begin as they come, and then in turns.
  expect(most).toBeLessThanOrEqual(4)
})

test('what is to be committed does not wait for turns of its round', async () => {
  // Connections of other tests may have come in, for which a tick continues.
  connectionOpened()
  await tickEnd()
  const turns = new WorkTurns()
  const order: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  let first = 0
  const begin = () => {
    work()
    order.push('request')
    if (order.length > 1) resolve()
    // Input that comes when the next turn has been given.
    else process.nextTick(() => atTickEnd('commit', { commit: () => order.push('commit') }))
    return 'several' as const
  }
  while (turns.take('198.51.100.1', begin)) {
    work()
    first++
  }
  expect(turns.take('198.51.100.1', begin)).toBe(false)
  await promise
  expect(first).toBe(1)
  expect(order).toEqual(['request', 'commit', 'request'])
})

test('a tick that continues for a round goes on to the next one, however many turns there are', async () => {
  const turns = new WorkTurns()
  const order: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const begin = (name: string) => () => {
    work()
    order.push(name)
    if (name === 'first') {
      connectionOpened()
      atTickEnd('commit', { commit: () => order.push('commit') })
    }
    if (name === 'third') resolve()
    return 'several' as const
  }
  turns.take('198.51.100.1', begin('at once'))
  work()
  for (const name of ['first', 'second', 'third']) expect(turns.take('198.51.100.1', begin(name))).toBe(false)
  await promise
  expect(order).toEqual(['first', 'second', 'commit', 'third'])
})

test('clients that are gone have no turn, and take none from others', async () => {
  const turns = new WorkTurns()
  const gone = Array.from({ length: 100 }, () => turns.next({ address: '198.51.100.1', closed: true }))
  const here = turns.next({ address: '198.51.100.1', closed: false })
  let rounds = 0
  const count = () => {
    rounds++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  expect(await here).toBe(true)
  clearImmediate(next)
  expect(new Set(await Promise.all(gone))).toEqual(new Set([false]))
  expect(rounds).toBeLessThan(2)
})
