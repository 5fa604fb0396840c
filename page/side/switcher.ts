/** The dialog that goes to a room or a person by a few letters of the name. */
import type { RoomEntry } from '../../src/client/roomd-client.ts'
import { make } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { roomKey } from '../model/room-talk.ts'
import { oncePerFrame } from '../model/signal.ts'
import { openDialog } from './dialog.ts'
import { goToRoom } from './door.ts'

interface Goal {
  readonly name: string
  readonly kind: string
  readonly isRoom: boolean
  readonly unread: number
  readonly go: () => void
}

const MOST = 12

const MOVES: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }

export function openSwitcher(desk: Desk) {
  const input = make('input', '')
  input.placeholder = 'Room or person'
  input.ariaLabel = 'Go to'
  input.role = 'combobox'
  input.autocomplete = 'off'
  input.setAttribute('aria-expanded', 'true')
  input.setAttribute('aria-controls', 'goals')
  const list = make('ul', 'goals')
  list.id = 'goals'
  list.role = 'listbox'
  list.ariaLabel = 'Rooms and people'
  const dialog = openDialog('Go to', 'switcher', input, list)
  const { chat } = desk
  let publicRooms: readonly RoomEntry[] = []
  let goals: readonly Goal[] = []
  let at = 0

  function show() {
    const chosen = goals[at]
    goals = goalsOf(desk, publicRooms, input.value.trim().replace(/^[#@]/, '').toLowerCase())
    // Rooms that come later move nothing away from under the key.
    const same = goals.findIndex(({ name, kind }) => name === chosen?.name && kind === chosen.kind)
    at = Math.max(0, same)
    list.replaceChildren(...goals.map(option))
    if (goals.length === 0) list.replaceChildren(make('li', 'hint', 'No room or person with that name.'))
    mark()
  }

  function option({ name, kind, isRoom, unread }: Goal, index: number) {
    const label = make('span', isRoom ? 'label of-room' : 'label', name)
    label.dir = 'auto'
    const item = make(
      'li',
      unread > 0 ? 'fresh' : '',
      label,
      make('span', 'hint', unread > 0 ? `${kind}, ${unread} unread` : kind),
    )
    item.role = 'option'
    item.id = `goal-${index}`
    item.addEventListener('click', () => choose(index))
    return item
  }

  function mark() {
    for (const [index, item] of [...list.children].entries()) item.setAttribute('aria-selected', String(index === at))
    input.setAttribute('aria-activedescendant', `goal-${at}`)
    list.children[at]?.scrollIntoView({ block: 'nearest' })
  }

  function choose(index: number) {
    const goal = goals[index]
    if (!goal) return
    dialog.close()
    goal.go()
    document.getElementById('text')?.focus()
  }

  input.addEventListener('input', () => {
    goals = []
    show()
  })
  input.addEventListener('keydown', (event) => {
    const move = MOVES[event.key]
    if (event.key === 'Enter' && !event.isComposing) choose(at)
    else if (move !== undefined && goals.length > 0) at = (at + move + goals.length) % goals.length
    else return
    event.preventDefault()
    mark()
  })
  dialog.setAttribute('closedby', 'any')
  // Who is in the room may become known while it is open.
  const showSoon = oncePerFrame(() => dialog.open && show())
  chat?.changed.on(showSoon)
  dialog.addEventListener('close', () => chat?.changed.off(showSoon))
  input.focus()
  show()
  void chat?.publicRooms().then((rooms) => {
    publicRooms = rooms
    show()
  })
}

function goalsOf(desk: Desk, publicRooms: readonly RoomEntry[], text: string): Goal[] {
  const { chat, conversation, room } = desk
  if (!chat) return []
  const own = chat.conversations
    .filter((talk) => talk !== conversation)
    .map((talk) => ({
      name: talk.name,
      kind: talk.isPrivate ? 'Private' : 'Room',
      isRoom: !talk.isPrivate,
      unread: talk.unread,
      go: () => desk.show(talk),
    }))
    .sort((a, b) => Number(b.unread > 0) - Number(a.unread > 0))
  const others = publicRooms
    .filter((entry) => !chat.get(roomKey(entry.room)))
    .map((entry) => ({
      name: entry.room,
      kind: 'Other room',
      isRoom: true,
      unread: 0,
      go: () => void goToRoom(desk, entry.room),
    }))
  const people = (room?.members.all ?? [])
    .filter(({ nickname }) => nickname !== chat.nickname && !chat.privates.some(({ name }) => name === nickname))
    .map(({ nickname }) => ({
      name: nickname,
      kind: 'Person',
      isRoom: false,
      unread: 0,
      go: () => desk.show(chat.privateWith(nickname)),
    }))
  // The sort is stable: own conversations stay first among those that fit alike.
  return [...own, ...others, ...people]
    .map((goal) => ({ goal, at: goal.name.toLowerCase().indexOf(text) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => Number(a.at > 0) - Number(b.at > 0))
    .slice(0, MOST)
    .map(({ goal }) => goal)
}
