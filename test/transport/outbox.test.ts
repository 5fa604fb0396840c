import { describe, expect, it } from 'vitest'
import { tickEnd } from '../../src/tick.ts'
import { Outbox } from '../../src/transport/outbox.ts'
import { SlowReader } from './slow-reader.ts'

describe.each([false, true])('each chunk written alone: %o', (writesEach) => {
  function queue(limit: number) {
    const stream = new SlowReader()
    const owner = { times: 0, overflowed: () => void owner.times++ }
    return { stream, owner, queue: new Outbox(stream, limit, owner, writesEach) }
  }

  it('takes whatever one turn brings', async () => {
    const { queue: box, owner, stream } = queue(100)
    for (let n = 0; n < 50; n++) box.push(Buffer.alloc(10, 1))
    await tickEnd()
    expect(owner.times).toBe(0)
    for (let n = 0; n < 50; n++) stream.digest()
    expect(Buffer.concat(stream.taken)).toHaveLength(500)
  })

  it('tells its owner once when earlier turns have left too much, and takes no more', async () => {
    const { queue: box, owner, stream } = queue(100)
    box.push(Buffer.alloc(150, 1))
    await tickEnd()
    box.push(Buffer.alloc(1, 2))
    box.push(Buffer.alloc(1, 3))
    expect(owner.times).toBe(1)
    await tickEnd()
    stream.digest()
    stream.digest()
    expect(Buffer.concat(stream.taken).includes(3)).toBe(false)
  })

  it('says when its reader has caught up', async () => {
    const { queue: box, stream } = queue(1_000_000)
    box.push(Buffer.alloc(100_000, 1))
    let caughtUp = false
    const drained = box.drained().then(() => {
      caughtUp = true
    })
    await tickEnd()
    expect(caughtUp).toBe(false)
    stream.digest()
    await drained
  })
})
