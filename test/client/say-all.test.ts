import { expect, test } from 'vitest'
import { sayAll } from '../../src/client/say-all.ts'
import { WINDOW } from '../../src/client/speech.ts'

test('a source of texts is closed when the room ends, also while it waits for replies', async () => {
  const waiting = Promise.withResolvers<(error: Error, isEnd?: boolean) => void>()
  const closed = Promise.withResolvers<number>()
  async function* texts() {
    let count = 0
    try {
      for (;;) yield `text ${count++}`
    } finally {
      closed.resolve(count)
    }
  }
  const said = sayAll(texts(), {}, (_, index, __, failed) => index === WINDOW - 1 && waiting.resolve(failed))
  const fail = await waiting.promise
  fail(new Error('The room has ended'), true)
  await expect(said).rejects.toThrow('The room has ended')
  expect(await closed.promise).toBe(WINDOW)
})

test('an error of the source is told when the texts before it have their replies', async () => {
  const replies: Parameters<Parameters<typeof sayAll>[2]>[2][] = []
  const thrown = Promise.withResolvers<void>()
  async function* texts() {
    yield ['one', 'two']
    thrown.resolve()
    throw new Error('The file is gone')
  }
  let isSettled = false
  const heard: string[] = []
  const said = sayAll(texts(), { said: (id) => heard.push(id) }, (_, __, reply) => replies.push(reply)).finally(
    () => (isSettled = true),
  )
  said.catch(() => {})
  await thrown.promise
  await new Promise(setImmediate)
  expect(isSettled).toBe(false)
  for (const [index, reply] of replies.entries()) reply(String(index))
  await expect(said).rejects.toThrow('The file is gone')
  expect(heard).toEqual(['0', '1'])
})

test('a source of texts is closed at the first that fails at once', async () => {
  let taken = 0
  function* texts() {
    for (;;) yield String(taken++)
  }
  const said = sayAll(texts(), {}, () => {
    throw new Error('No')
  })
  await expect(said).rejects.toThrow('No')
  expect(taken).toBe(1)
})
