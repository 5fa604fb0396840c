import { expect, test } from 'vitest'
import { type CommandContext, Mistake } from '../../commands/command.ts'
import { keep } from '../../commands/modes.ts'

async function days(parameter: string, maxKeepDays = Number.POSITIVE_INFINITY): Promise<unknown> {
  const asked: unknown[] = []
  const settings = { maxKeepDays, keep: async (_: unknown, days?: number) => void asked.push(days) }
  const context = { chat: { moderation: { settings } }, session: { inRoom: () => ({}) } }
  await keep.run(context as unknown as CommandContext, parameter)
  return asked[0]
}

test('/keep takes days up to those of the server, or all', async () => {
  expect(await days('30')).toBe(30)
  expect(await days('7', 7)).toBe(7)
  expect(await days('ALL', 7)).toBeUndefined()
  const wrong: readonly (readonly [string, number?])[] = [
    ['8', 7],
    ['0'],
    ['-1'],
    ['1.5'],
    ['week'],
    ['100000'],
    ['1 2'],
  ]
  for (const [parameter, most] of wrong) {
    await expect(days(parameter, most), parameter).rejects.toEqual(new Mistake('invalid-days', parameter))
  }
})
