import type { LogStore } from '../reading.ts'
import { OVERHEAD_BYTES } from '../recent.ts'
import { entryId, eventOf, idOf } from './entry.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

export function storeOf(keys: Keys, link: Link): LogStore {
  return {
    bounds: async (log) => {
      const [, info = ''] = keys.ofLog(log, '')
      // The reply to HMGET.
      const known = await link.call(info, 'HMGET', 'start', 'last', 'closed', 'ahead')
      const [start, last, closed, ahead] = known as readonly (string | null)[]
      if (typeof start !== 'string' || typeof last !== 'string' || typeof closed === 'string') return undefined
      return { start: Number(start), last: Number(last), ahead: Number(ahead ?? 0) }
    },
    page: async (log, from, to, limit, bytes) => {
      if (from > to || to < 0) return []
      const args = [entryId(Math.max(0, from)), entryId(to), String(limit), String(bytes), String(OVERHEAD_BYTES)]
      const entries = await link.eval('page', keys.ofLog(log, ''), args)
      return entries.map(([id, fields]) => eventOf(idOf(id), fields))
    },
    back: async (log, from, to, skip) => {
      if (from > to || to < 0) return undefined
      const args = [entryId(to), entryId(Math.max(0, from)), String(skip + 1)]
      const id = await link.eval('back', keys.ofLog(log, ''), args)
      return id === null ? undefined : idOf(id)
    },
  }
}
