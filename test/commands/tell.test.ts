import { expect, test } from 'vitest'
import type { CommandContext } from '../../commands/command.ts'
import { tell } from '../../commands/tell.ts'

test.each([
  ['bob hi there', 'bob', 'hi there', undefined],
  ['"Mary Ann" nonce=a hi', 'Mary Ann', 'hi', 'a'],
  ['bob "a\\nb"', 'bob', 'a\nb', undefined],
])('/tell %s', async (parameter, to, text, nonce) => {
  const sent: unknown[] = []
  const messages = { send: async (_: unknown, ...rest: unknown[]) => void sent.push(rest) }
  await tell.run({ chat: { messages }, session: {} } as unknown as CommandContext, parameter)
  expect(sent).toEqual([[to, text, { nonce }]])
})
