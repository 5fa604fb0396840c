import { isSameName } from '../src/client/nickname.ts'
import { Composer } from './composer.ts'
import { markWrong, the } from './dom.ts'
import { isMessage } from './entries.ts'
import { Log } from './log.ts'
import { remember } from './memory.ts'
import { Menu } from './menu.ts'
import { Moderating } from './moderating.ts'
import { nameTag } from './names.ts'
import { Outbox } from './outbox.ts'
import { Panel } from './panel.ts'
import { People } from './people.ts'
import { setUpPicking } from './picking.ts'
import { setUpRegistering } from './register.ts'
import { Roles } from './roles.ts'
import { roomOfAddress, showRooms } from './rooms.ts'
import { Session } from './session.ts'
import { Start } from './start.ts'
import { Topic } from './topic.ts'
import { Refused, roomWrong } from './words.ts'

/** How often the numbers of the rooms are asked for, in ms. */
const ROOMS_MS = 30_000

const view = the('room', HTMLElement)
const status = the('status', HTMLElement)
const again = the('try', HTMLButtonElement)
const other = the('other', HTMLInputElement)
const conversation = the('log', HTMLElement)
const log = new Log(conversation, the('newest', HTMLButtonElement), () => !session.user?.account)
const roles = new Roles()
const menu = new Menu()

/** Messages that came while nobody was looking. */
let unread = 0

const session = new Session({
  entered(room) {
    log.clear(session.nickname)
    roles.clear()
    topic.clear()
    showRoles()
    start.hide()
    view.hidden = false
    showName(room)
    the('you', HTMLElement).replaceChildren(nameTag(session.nickname))
    panel.close()
    composer.address(undefined)
  },
  renamed: showName,
  happened(events) {
    for (const event of events) roles.took(event)
    log.add(events)
    if (!document.hidden) return
    unread += events.filter((event) => isMessage(event) && !isSameName(event.from, session.nickname)).length
    showTitle()
  },
  noted: (text) => log.note(text),
  people(members) {
    people.set(members, session.nickname)
    void showAllRooms()
  },
  came: (name) => people.add(name),
  went: (name) => people.remove(name),
  marked(marks) {
    roles.set(marks)
    showRoles()
  },
  topic: (text) => topic.show(text),
  caughtUp: (said, sure) => outbox.settle(said, sure),
  status(state, text, idle = false) {
    status.dataset.state = state
    if (status.textContent !== text) status.textContent = text
    again.hidden = !idle
  },
  out: showStart,
})

const outbox = new Outbox(the('unsent', HTMLElement), session)
const composer = new Composer(session, outbox, (reply) => {
  log.toEnd()
  if (reply) log.note(reply, true)
})
const start = new Start(session)
const topic = new Topic(session)
const moderating = new Moderating(session, roles, (text) => {
  panel.close()
  log.note(text)
})
const panel = new Panel(refresh)
const people = new People(
  {
    list: the('people', HTMLElement),
    more: the('more', HTMLElement),
    counts: [the('count', HTMLElement), the('bar-count', HTMLElement)],
    marked: roles,
    hasMenu: (name) => moderating.on(name).length > 0,
  },
  chooseName,
)
setUpPicking(conversation, (id, button) => menu.open(button, 'Message', moderating.onMessage(id)))
setUpRegistering(session, (text) => log.note(text))

function showName(room: string) {
  the('title', HTMLElement).textContent = room
  if (roomOfAddress() !== room) location.hash = room
  outbox.show(room)
  remember({ nickname: session.nickname, room })
  showTitle()
}

/** Writes to a member privately, or lets an operator choose. */
function chooseName(name: string, button: HTMLElement) {
  const write = () => {
    panel.close()
    composer.address(name)
  }
  const actions = moderating.on(name)
  // A name of several words cannot be addressed.
  const isAddressable = !/\s/.test(name)
  if (actions.length > 0) {
    menu.open(button, name, [...(isAddressable ? [{ text: 'Message privately', act: write }] : []), ...actions])
  } else if (isAddressable) write()
}

function showRoles() {
  topic.allow(moderating.isOperator)
  conversation.toggleAttribute('data-operator', moderating.isOperator)
  people.show()
}

function refresh() {
  session.askMarks()
  void showAllRooms()
}

function showTitle() {
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${session.room} – roomd`
}

function showStart(why?: Refused) {
  menu.close()
  moderating.close()
  view.hidden = true
  start.show(why)
}

async function showAllRooms() {
  if (view.hidden || !session.here) return
  const rooms = await session.rooms()
  const shown = rooms.map(({ room, members }) => ({ room, members: room === session.room ? people.count : members }))
  if (shown.length > 0) showRooms(the('rooms', HTMLElement), shown, session.room)
}

async function move(room: string) {
  if (room.toLowerCase() === session.room.toLowerCase()) return ''
  try {
    const wrong = roomWrong(room, session.limits)
    if (wrong) return wrong
    await session.move(room)
    return ''
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

the('move', HTMLFormElement).addEventListener('submit', async (event) => {
  event.preventDefault()
  const wrong = await move(other.value.trim())
  markWrong('other', wrong)
  if (wrong) other.focus()
  else other.value = ''
})

the('leave', HTMLButtonElement).addEventListener('click', () => {
  session.leave()
  panel.close()
  showStart()
})

again.addEventListener('click', () => {
  composer.focus()
  session.wake()
})

addEventListener('hashchange', async () => {
  const room = roomOfAddress()
  if (start.open) return room ? start.choose(room) : undefined
  if (!room || room === session.room) return
  const wrong = await move(room)
  if (!wrong) return
  log.note(wrong)
  history.replaceState(null, '', `#${session.room}`)
})

addEventListener('online', () => session.wake())
addEventListener('offline', () => session.wake())
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  unread = 0
  session.wake()
  if (start.open) void start.refresh()
  else showTitle()
})
setInterval(() => {
  if (!document.hidden && !start.open) refresh()
}, ROOMS_MS)

showStart()
