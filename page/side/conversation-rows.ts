/** Rows of conversations: a link, what is unread, and a menu. */
import { make } from '../dom.ts'
import { iconButton } from '../icons.ts'
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import { KeyedList } from './keyed-list.ts'
import { type Action, openMenu } from './menu.ts'

export function conversationRows(desk: Desk, list: HTMLElement) {
  return new KeyedList<Conversation, HTMLLIElement>(list, {
    keyOf: ({ key }) => key,
    make: (conversation) => {
      const more = iconButton('more', `Actions for ${conversation.name}`, () =>
        openMenu(more, conversation.name, actionsOf(desk, conversation)),
      )
      more.ariaHasPopup = 'menu'
      more.setAttribute('aria-expanded', 'false')
      const name = make('span', 'label')
      name.dir = 'auto'
      const link = make('a', '', name, make('span', 'badge'))
      return make('li', 'item', link, more)
    },
    update: (row, conversation) => {
      const { name, unread, mentioned } = conversation
      const [link] = row.children
      const [label, badge] = link?.children ?? []
      if (!(link instanceof HTMLAnchorElement) || !(badge instanceof HTMLElement) || !label) return
      const href = desk.addressOf(conversation)
      if (link.getAttribute('href') !== href) link.href = href
      if (label.textContent !== name) link.title = label.textContent = name
      const isCurrent = conversation === desk.conversation
      if (isCurrent !== link.hasAttribute('aria-current')) {
        if (isCurrent) link.setAttribute('aria-current', 'page')
        else link.removeAttribute('aria-current')
      }
      const count = unread > 99 ? '99+' : String(unread || '')
      const spoken = ` unread${mentioned > 0 && !conversation.isPrivate ? `, ${mentioned} mention you` : ''}`
      if (badge.textContent !== `, ${count}${spoken}`) {
        badge.replaceChildren(make('span', 'unseen', ', '), count, make('span', 'unseen', spoken))
      }
      badge.hidden = unread === 0
      link.classList.toggle('fresh', unread > 0)
      link.classList.toggle('mentioned', mentioned > 0)
      link.classList.toggle('ended', conversation.closedBecause !== undefined)
    },
  })
}

/** Returns the actions on a conversation that need no rights. */
export function actionsOf(desk: Desk, conversation: Conversation): Action[] {
  return [
    ...(conversation.unread > 0 ? [{ text: 'Mark as read', act: () => conversation.markRead() }] : []),
    { text: conversation.isPrivate ? 'Close conversation' : 'Leave room', act: () => void desk.close(conversation) },
  ]
}
