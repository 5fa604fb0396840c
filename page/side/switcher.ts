/** The dialog that goes to a room or a person by a few letters of the name. */
import type { RoomEntry } from '../../src/client/roomd-client.ts'
import { make } from '../dom.ts'
import type { Desk } from '../model/desk.ts'
import { roomKey } from '../model/room-talk.ts'
import { oncePerFrame } from '../model/signal.ts'
import { openDialog } from './dialog.ts'
import { goToRoom } from './door.ts'
import { KeyedList } from './keyed-list.ts'

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
  const nothing = make('p', 'hint', 'No room or person with that name.')
  const dialog = openDialog('Go to', 'switcher', input, list, nothing)
  const { chat } = desk
  let publicRooms: readonly RoomEntry[] = []
  let goals: readonly Goal[] = []
  let at = 0
  // What is pointed at stays, however often the list is shown.
  const items = new KeyedList<Goal, HTMLLIElement>(list, { keyOf, make: makeItem, update: updateItem })

  function show() {
    const chosen = goals[at]
    goals = goalsOf(desk, publicRooms, input.value.trim().replace(/^[#@]/, '').toLowerCase())
    // Rooms that come later move nothing away from under the key.
    at = Math.max(0, chosen ? goals.findIndex((goal) => keyOf(goal) === keyOf(chosen)) : 0)
    items.show(goals)
    list.hidden = goals.length === 0
    nothing.hidden = goals.length > 0
    mark()
  }

  function makeItem(goal: Goal) {
    const label = make('span', goal.isRoom ? 'label of-room' : 'label', goal.name)
    label.dir = 'auto'
    const item = make('li', '', label, make('span', 'hint'))
    item.role = 'option'
    item.addEventListener('click', () => choose(goals.findIndex((each) => keyOf(each) === keyOf(goal))))
    return item
  }

  function mark() {
    for (const [index, item] of [...list.children].entries()) {
      item.id = `goal-${index}`
      item.setAttribute('aria-selected', String(index === at))
    }
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

function keyOf({ name, kind }: Goal) {
  return `${kind} ${name}`
}

function updateItem(item: HTMLLIElement, { kind, unread }: Goal) {
  item.classList.toggle('fresh', unread > 0)
  const hint = unread > 0 ? `${kind}, ${unread} unread` : kind
  if (item.lastElementChild && item.lastElementChild.textContent !== hint) item.lastElementChild.textContent = hint
}

function goalsOf(desk: Desk, publicRooms: readonly RoomEntry[], text: string): Goal[] {
  const { chat, conversation, room } = desk
  if (!chat) return []
  const own = chat.conversations.all
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
    .filter((entry) => !chat.conversations.get(roomKey(entry.room)))
    .map((entry) => ({
      name: entry.room,
      kind: 'Other room',
      isRoom: true,
      unread: 0,
      go: () => void goToRoom(desk, entry.room),
    }))
  const people = (room?.members.all ?? [])
    .filter(
      ({ nickname }) =>
        nickname !== chat.nickname && !chat.conversations.privates.some(({ name }) => name === nickname),
    )
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
