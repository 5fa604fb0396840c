/** Says numbered lines through the client library. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientState, connect, DisconnectedError, RefusedError } from '../../src/client/node/index.ts'
import { AGAIN_MS, AT_ONCE, acknowledge, isEnding, PAUSE_MS, sending } from './program.ts'
import { textOf } from './sending.ts'

const { ports, room: name, nickname, password, from } = sending

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

/** Tells what the client waits for, where it says nothing. */
function onState(state: ClientState): void {
  console.error(new Date().toISOString(), JSON.stringify(state))
}

async function* lines() {
  for (let number = from; !isEnding(); number++) {
    yield textOf(nickname, number)
    if (number % AT_ONCE === 0) await sleep(PAUSE_MS)
  }
}

const { client, room } = await persist(async () => {
  const client = await connect(`127.0.0.1:${ports.line}`, { nickname, password, onState })
  try {
    return { client, room: await client.join(name, { events: false }) }
  } catch (error) {
    client.close()
    throw error
  }
})
await room.sayAll(lines(), {
  nonce: (index) => `line.${from + index}`,
  said: (_, index) => acknowledge(from + index),
})
client.close()
