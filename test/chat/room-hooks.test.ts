import { expect, test, vi } from 'vitest'
import { stage } from './stage.ts'

test('webhooks that are made at once are counted once, and a room with the maximum number stores no further one', async () => {
  const { chat, engine } = await stage()
  const rooms = await Promise.all(
    ['one', 'other'].map((slug) => engine.rooms.create({ title: slug, slug, visibility: 'public' })),
  )
  const [one, other] = rooms as [(typeof rooms)[number], (typeof rooms)[number]]
  const make = (room = one) =>
    chat.hooks.create(room, {
      url: 'http://example.org/',
      kinds: ['message'],
      secret: 'secret word',
      by: 'ann',
      account: 'a',
    })
  const list = vi.spyOn(engine.records, 'list')
  const made = await Promise.all(Array.from({ length: 40 }, () => make()))
  expect(made.filter((hook) => hook !== undefined)).toHaveLength(10)
  expect(list.mock.calls.length).toBeLessThan(10)
  const put = vi.spyOn(engine.records, 'put')
  expect(await make()).toBeUndefined()
  expect(put).not.toHaveBeenCalled()
  expect(await make(other)).toBeDefined()
})
