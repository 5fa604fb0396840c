import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import split2 from 'split2'
import { afterAll, expect, test } from 'vitest'
import { readLine } from '../support/client.ts'
import { RoomdProcess } from '../support/process.ts'

const daemon = new RoomdProcess(['--line', '0', '--data', ':memory:'])
afterAll(async () => {
  daemon.child.kill('SIGTERM')
  expect((await daemon.exit).status).toBe(0)
})

const ROUNDS = 200

/** Bytes as they should not come: noise, half lines, commands with noise behind them, telnet, NULs. */
function noise(round: number): Buffer {
  const bytes = randomBytes(1 + (round % 7) * 700)
  const words = ['LOGIN x', 'JOIN ', 'HISTORY ', 'LEAVE', '/tell ', '\xff\xfa', '\0\0', 'MESSAGE ', '/who ']
  const word = Buffer.from(words[round % words.length] ?? '', 'latin1')
  return round % 3 === 0 ? Buffer.concat([word, bytes, Buffer.from('\n')]) : Buffer.concat([bytes, word])
}

test('random bytes from some do not disturb two who talk', async () => {
  const port = await daemon.ready()
  const heard: string[][] = [[], []]
  const talkers: Socket[] = []
  const waits: Promise<void>[] = []
  for (const [index, name] of ['ann', 'bob'].entries()) {
    const socket = connect(port, '127.0.0.1')
    const { promise, resolve } = Promise.withResolvers<void>()
    const all = Promise.withResolvers<void>()
    socket.pipe(split2(readLine)).on('data', ({ type, body, result }) => {
      if (result === 'Joined room quiet') resolve()
      if (type === 'message' && heard[index]?.push(body) === 2 * ROUNDS) all.resolve()
    })
    socket.write(`LOGIN ${name}\nJOIN quiet\n`)
    await promise
    talkers.push(socket)
    waits.push(all.promise)
  }

  for (let round = 0; round < ROUNDS; round++) {
    const attacker = connect(port, '127.0.0.1')
    attacker.on('error', () => {})
    attacker.resume()
    await once(attacker, 'connect')
    attacker.write(
      round % 2 === 0 ? noise(round) : Buffer.concat([Buffer.from('LOGIN eve\nJOIN noise\n'), noise(round)]),
    )
    for (const [index, talker] of talkers.entries()) talker.write(`${index} ${round}\n`)
    if (round % 5 === 0) attacker.resetAndDestroy()
    else attacker.end()
  }
  await Promise.all(waits)
  expect(heard[0]).toEqual(heard[1])
  for (const index of [0, 1]) {
    const own = heard[0]?.filter((body) => body.startsWith(`${index} `))
    expect(own).toEqual(Array.from({ length: ROUNDS }, (_, round) => `${index} ${round}`))
  }
  for (const talker of talkers) talker.destroy()
})
