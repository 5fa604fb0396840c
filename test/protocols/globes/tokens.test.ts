import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import type { RoomRecord } from '../../../src/engine/engine.ts'
import { roomTokenOf, Tokens } from '../../../src/protocols/globes/tokens.ts'
import { forged, unsigned } from './tokens.ts'

const room: RoomRecord = {
  id: 2,
  title: 'Den',
  slug: 'Den',
  description: '',
  visibility: 'private',
  hash: '$scrypt$x',
  createdAt: 0,
  changedAt: 0,
}
const SECRET = 'of the server'
const KEY = createHmac('sha256', SECRET).update('2:$scrypt$x').digest()
const soon = Math.floor(Date.now() / 1_000) + 60
const claims = { username: 'david', room_id: 2, exp: soon }

test('15. with the very key of the room: HS256 only, not expired, with an end, and of this room', async () => {
  const tokens = new Tokens(async () => SECRET)
  expect(await tokens.read(room, await tokens.issue(room, 'david'))).toBe('david')
  expect(await tokens.read(room, await forged(KEY, claims))).toBe('david')
  const bad = [
    await forged(KEY, claims, 'HS384'),
    await forged(KEY, claims, 'HS512'),
    unsigned('david', 2),
    await forged(KEY, { ...claims, exp: soon - 120 }),
    await forged(KEY, { username: 'david', room_id: 2 }),
    await forged(KEY, { ...claims, room_id: 3 }),
    await forged(KEY, { ...claims, room_id: '2' }),
    await forged(KEY, { username: 'david', exp: soon }),
    await forged(KEY, { ...claims, username: 5 }),
    await forged(KEY, { room_id: 2, exp: soon }),
    'a.b.c',
    '',
    undefined,
  ]
  for (const token of bad) expect(await tokens.read(room, token), token).toBeUndefined()
})

test('another secret, number or password makes another key', async () => {
  const token = await new Tokens(async () => SECRET).issue(room, 'david')
  expect(await new Tokens(async () => 'other').read(room, token)).toBeUndefined()
  const tokens = new Tokens(async () => SECRET)
  expect(await tokens.read({ ...room, id: 3 }, token)).toBeUndefined()
  expect(await tokens.read({ ...room, hash: '$scrypt$y' }, token)).toBeUndefined()
  expect(await tokens.read({ ...room, title: 'Cellar', visibility: 'hidden' }, token)).toBe('david')
})

test('where a token stands', () => {
  for (const authorization of ['Bearer x', 'bearer  x', 'Token x', 'x'])
    expect(roomTokenOf({ authorization })).toBe('x')
  expect(roomTokenOf({ 'sec-websocket-protocol': 'x, y' })).toBe('x')
  expect(roomTokenOf({ authorization: '', 'sec-websocket-protocol': 'x' })).toBe('')
  expect(roomTokenOf({})).toBeUndefined()
})
