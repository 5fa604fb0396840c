/** Lists of public rooms, with how many are in each. */
import { make } from './dom.ts'
import type { RoomCount } from './stage.ts'

/** Rooms that are listed. */
const MOST = 100

export function showRooms(list: HTMLElement, rooms: readonly RoomCount[], current?: string) {
  const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : undefined
  const items = rooms.slice(0, MOST).map(({ room, members }) => {
    const number = make(
      'span',
      'number',
      String(members),
      make('span', 'unseen', members === 1 ? ' person' : ' people'),
    )
    const link = make('a', '', make('span', '', room), number)
    link.href = `#${room}`
    if (room === current) link.setAttribute('aria-current', 'page')
    return make('li', '', link)
  })
  list.replaceChildren(...(items.length > 0 ? items : [make('li', 'hint', 'None that is known')]))
  if (!focused) return
  const link = [...list.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)
  link?.focus()
}

/** The room in the address, if there is one. */
export function roomOfAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1))
  } catch {
    return ''
  }
}
