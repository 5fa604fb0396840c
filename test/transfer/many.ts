import { join } from 'node:path'
import { type Event, idAt, timeOf } from '../../src/engine/event.ts'
import { LocalImport } from '../../src/engine/local/import.ts'

const BEGIN = idAt(Date.UTC(2026, 0, 1))
const PAGE = 1_000

/** A folder's database with so many rooms and so many events in each. */
export async function fillMany(folder: string, rooms: number, events: number): Promise<void> {
  const target = LocalImport.open(join(folder, 'roomd.db'))
  await target.setLastRoom(rooms)
  for (let room = 1; room <= rooms; room++) {
    const name = `room:${room}` as const
    const eventAt = (n: number): Event => {
      const id = BEGIN + n * 7
      return {
        id,
        at: timeOf(id),
        kind: 'message',
        room,
        from: `user${n % 50}`,
        body: `message ${n} ${'x'.repeat(n % 80)}`,
      }
    }
    await target.beginLog({ name, start: BEGIN, last: BEGIN + events * 7 })
    for (let n = 1; n <= events; n += PAGE) {
      const page = Array.from({ length: Math.min(PAGE, events - n + 1) }, (_, place) => eventAt(n + place))
      await target.addEvents(page)
    }
    await target.endLog()
    const [title, slug, at] = [`Room ${room}`, `room${room}`, Date.now()]
    const about = {
      id: room,
      title,
      slug,
      description: '',
      visibility: 'public',
      createdAt: at,
      changedAt: at,
    } as const
    await target.addRoom(about)
  }
  await target.finish()
  target.close()
}
