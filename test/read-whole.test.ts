import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readWhole } from '../src/read-whole.ts'
import { temporaryFolder } from './support/folder.ts'

function fileOf(bytes: number): string {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, Buffer.alloc(bytes, 'roomd '))
  return file
}

test.each([0, 1, 16_384, 100_000])(
  'a file of %d bytes is read whole, and one byte more than allowed is refused',
  async (bytes) => {
    const file = fileOf(bytes)
    expect(await readWhole(file, 0, bytes)).toEqual(Buffer.alloc(bytes, 'roomd '))
    if (bytes > 0)
      await expect(readWhole(file, 0, bytes - 1)).rejects.toThrow(`${file} has more than ${bytes - 1} bytes`)
  },
)

test('many who read a small file at once, and keep it, take little memory', async () => {
  const file = fileOf(2_000)
  const taken = () => process.memoryUsage().arrayBuffers
  const before = taken()
  let peak = 0
  const kept = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const bytes = await readWhole(file)
      peak = Math.max(peak, taken() - before)
      return bytes
    }),
  )
  expect(peak).toBeLessThan(20_000_000)
  // Small ones share what they are in.
  const held = new Set(kept.map(({ buffer }) => buffer))
  expect([...held].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(4_000_000)
})
