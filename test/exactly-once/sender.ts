/** The process of {@link library}: says numbered lines through the client library. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, DisconnectedError, RefusedError } from '../../src/client/node/index.ts'
import { type Sending, textOf } from './driver.ts'

const PAUSE_MS = 10
const AT_ONCE = 12
/** Time after which a first attempt to connect or to join is repeated. */
const AGAIN_MS = 100

const { port, room: name, nickname, password, from }: Sending = JSON.parse(process.argv[2] ?? '')

let isEnding = false
process.stdin.on('end', () => (isEnding = true)).resume()

/** Repeats what a server that is away, or has not noticed the end of an earlier process, refuses. */
async function persist<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      const isPassing =
        error instanceof DisconnectedError ||
        (error instanceof RefusedError && ['name-in-room', 'unavailable'].includes(error.code))
      if (!isPassing) throw error
    }
    await sleep(AGAIN_MS)
  }
}

async function* texts() {
  for (let number = from; !isEnding; number++) {
    yield textOf(nickname, number)
    if (number % AT_ONCE === 0) await sleep(PAUSE_MS)
  }
}

const { client, room } = await persist(async () => {
  const client = await connect(`127.0.0.1:${port}`, { nickname, password })
  try {
    return { client, room: await client.join(name, { events: false }) }
  } catch (error) {
    client.close()
    throw error
  }
})
await room.sayAll(texts(), {
  nonce: (index) => `line.${from + index}`,
  said: (_, index) => process.stdout.write(`${from + index}\n`),
})
client.close()
