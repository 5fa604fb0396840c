/** Makes what is copied of several messages readable: `[10:32] bob: text`. */
import type { Desk } from '../model/desk.ts'
import { isSaid } from '../model/happening.ts'
import { indexOf } from './span.ts'
import { atOf, type Clock } from './times.ts'

export function copyReadably(log: HTMLElement, desk: Desk, clock: () => Clock) {
  log.addEventListener('copy', (event) => {
    const selection = getSelection()
    if (!selection || selection.isCollapsed) return
    const rows = [...log.querySelectorAll<HTMLElement>('[data-key]')].filter((row) => selection.containsNode(row, true))
    // A part of one message is copied as it is.
    if (rows.filter(({ className }) => className.includes('entry')).length < 2) return
    const { events } = desk.conversation ?? { events: [] }
    const lines = rows.map((row) => {
      const { key = '', time = '' } = row.dataset
      const found = events[indexOf(events, Number(key))]
      if (found?.id !== key || !row.matches('article')) {
        const text = row.textContent?.trim() ?? ''
        return time ? `[${time}] * ${text}` : `--- ${text} ---`
      }
      const text = row.matches('.deleted') || !isSaid(found) ? 'Message deleted' : found.body
      const isAction = found.type === 'message' && found.action
      return `[${clock().time(atOf(found))}] ${isAction ? `* ${found.from} ` : `${found.from}: `}${text}`
    })
    event.clipboardData?.setData('text/plain', lines.join('\n'))
    event.preventDefault()
  })
}
