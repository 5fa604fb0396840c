/** Speaking in a room without being a member of it. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { stage } from './stage.ts'

test('texts in flight when the check is due are checked once, and said in their order', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { chat, engine, guest } = await stage()
  const speaking = await chat.speakIn(await guest('ci'), 'ops')
  const found = vi.spyOn(engine.rooms, 'find')
  const burst = async (word: string) => {
    const texts = Array.from({ length: 300 }, (_, number) => `${word} ${number}`)
    const said = await Promise.all(texts.map((text) => chat.messages.sayIn(speaking, text)))
    expect(said.map(({ body }) => body)).toEqual(texts)
    expect(said.map(({ id }) => id)).toEqual(said.map(({ id }) => id).toSorted((one, other) => one - other))
  }
  await burst('first')
  expect(found).toHaveBeenCalledTimes(0)
  for (const round of [1, 2, 3]) {
    vi.advanceTimersByTime(1_000)
    await burst(`round ${round}`)
    expect(found).toHaveBeenCalledTimes(round)
  }
})
