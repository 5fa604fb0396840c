/** The lists at the left: the server and the user, own rooms, private conversations, other rooms. */
import { the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { serverUrl } from '../model/server.ts'
import { oncePerFrame } from '../model/signal.ts'
import { conversationRows } from './conversation-rows.ts'
import { Finder } from './finder.ts'
import { openMe } from './me-menu.ts'
import { OtherRooms } from './other-rooms.ts'

export class Sidebar {
  constructor(desk: Desk) {
    const lists = the('lists', HTMLElement)
    const rooms = conversationRows(desk, the('my-rooms', HTMLElement))
    const privates = conversationRows(desk, the('privates', HTMLElement))
    const me = the('me', HTMLButtonElement)
    const finder = new Finder(desk, () => show())
    const others = new OtherRooms(desk, finder)
    let count = 0
    const show = oncePerFrame(() => {
      const { chat } = desk
      // A room that has been left is one of the others.
      if (chat && chat.conversations.rooms.length !== count) void others.ask()
      count = chat?.conversations.rooms.length ?? 0
      const fits = ({ name }: { readonly name: string }) => name.toLowerCase().includes(finder.text.toLowerCase())
      rooms.show((chat?.conversations.rooms ?? []).filter(fits))
      const talks = (chat?.conversations.privates ?? []).filter(fits)
      privates.show(talks)
      the('privates-title', HTMLElement).hidden = talks.length === 0
      others.show()
      the('my-name', HTMLElement).textContent = chat?.nickname ?? ''
      the('my-state', HTMLElement).textContent = stateOf(desk)
      me.classList.toggle('away', chat?.away.text !== undefined)
      me.classList.toggle('offline', chat?.connections.isOnline === false)
      const { all, mentioned } = chat?.conversations.unread ?? { all: 0, mentioned: 0 }
      const badge = the('side-unread', HTMLElement)
      badge.textContent = all > 0 ? String(mentioned || '') : ''
      badge.hidden = all === 0
      badge.classList.toggle('mentioned', mentioned > 0)
    })
    the('host', HTMLElement).textContent = serverUrl().host
    desk.settings.changed.on(show)
    me.addEventListener('click', () => openMe(desk, me))
    // A click on the present conversation closes the lists on a phone, too.
    lists.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('a')) desk.panels.closeOverlay()
    })
    let chat = desk.chat
    desk.moved.on(() => {
      if (desk.chat !== chat) {
        chat = desk.chat
        chat?.changed.on(show)
        count = chat?.conversations.rooms.length ?? 0
        void others.ask()
      }
      show()
    })
  }
}

/** Returns what the user has chosen to be told of and to look like, or else what they are to the server. */
function stateOf({ chat, settings }: Desk) {
  if (chat?.away.text !== undefined) return `Away: ${chat.away.text}`
  if (settings.now.quiet) return 'Do not disturb'
  return chat?.user?.account ? 'Account' : 'Guest'
}
