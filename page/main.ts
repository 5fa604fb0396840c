import { RefusedError } from '../src/client/errors.ts'
import { the } from './dom.ts'
import { Chat, type Credentials } from './model/chat.ts'
import { Desk } from './model/desk.ts'
import { roomKey } from './model/room-talk.ts'
import { Settings } from './model/settings.ts'
import { identity, keptRooms } from './model/storage.ts'
import { Notifier } from './notify/notifier.ts'
import { Header } from './side/header.ts'
import { Keys } from './side/keys.ts'
import { PeoplePanel } from './side/people-panel.ts'
import { Sidebar } from './side/sidebar.ts'
import { Start } from './start/start.ts'
import { Log } from './talk/log.ts'
import { Search } from './talk/search.ts'
import { Composer } from './write/composer.ts'

const app = the('app', HTMLElement)
const desk = new Desk(new Settings())
const notifier = new Notifier(desk)
const start = new Start(desk, enter)
new Log(desk)
new Search(desk)
new Composer(desk)
new Sidebar(desk)
new Header(desk)
new PeoplePanel(desk)
new Keys(desk)

/** Logs in and enters the room of the address, the rooms of the last visit, or `room`. @throws RefusedError, DisconnectedError */
async function enter(credentials: Credentials, room: string) {
  const { place } = desk
  const chat = await Chat.open(credentials, {
    said: (conversation, event) => notifier.said(conversation, event),
    noticed: (text) => desk.toast(text),
    loggedOut: (why) => leave(why),
  })
  const names = keptRooms.value
  const first = (place && !place.isPrivate && place.name) || names[0] || room
  try {
    const talk = await chat.enter(first)
    desk.chat = chat
    if (place?.isPrivate) desk.show(chat.privateWith(place.name), place.id)
    else desk.show(talk, place?.id)
  } catch (error) {
    if (!(error instanceof RefusedError) || names.length < 2) {
      chat.end()
      throw error
    }
    desk.chat = chat
  }
  app.hidden = false
  start.hide()
  for (const name of names) {
    if (!chat.get(roomKey(name)))
      await chat.enter(name).catch((error: Error) => desk.toast(`${name}: ${error.message}.`))
  }
  const [any] = chat.rooms
  if (!desk.conversation && any) desk.show(any)
}

/** Shows the start again. */
function leave(why: string) {
  desk.chat?.end()
  desk.chat = undefined
  desk.moved.emit()
  app.hidden = true
  start.show(why)
}

/** Shows what the address names. */
async function follow() {
  const { place, chat } = desk
  if (!place || !chat) return
  try {
    const conversation = place.isPrivate ? chat.privateWith(place.name) : await chat.enter(place.name)
    desk.show(conversation, place.id)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    desk.toast(`${place.name}: ${error.message}.`)
    if (desk.conversation) history.replaceState(null, '', desk.addressOf(desk.conversation))
  }
}

addEventListener('hashchange', () => void follow())
for (const event of ['online', 'offline'] as const) addEventListener(event, () => desk.chat?.client.wake())
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) desk.chat?.client.wake()
})

const known = identity.value
if (known) {
  enter(known, 'lobby').catch((error: Error) => leave(`${error.message}.`))
} else {
  start.show()
}
