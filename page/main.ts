import { DisconnectedError, RefusedError } from '../src/client/errors.ts'
import { isSameName } from '../src/client/nickname.ts'
import { the } from './dom.ts'
import { revokeToken } from './model/account.ts'
import { Chat, type Credentials } from './model/chat.ts'
import { Desk } from './model/desk.ts'
import { PastKeeper } from './model/past.ts'
import { privateKey } from './model/private-talk.ts'
import { roomKey } from './model/room-talk.ts'
import { Settings } from './model/settings.ts'
import { forgetAll, type Identity, identity, keptRooms } from './model/storage.ts'
import { whyOf } from './model/why.ts'
import { Notifier } from './notify/notifier.ts'
import { workOffline } from './notify/offline.ts'
import { enterAsking } from './side/door.ts'
import { Drawers } from './side/drawers.ts'
import { Header } from './side/header.ts'
import { Keys } from './side/keys.ts'
import { PeoplePanel } from './side/people-panel.ts'
import { servePersons } from './side/person-menu.ts'
import { Sidebar } from './side/sidebar.ts'
import { Start } from './start/start.ts'
import { Log } from './talk/log.ts'
import { Search } from './talk/search.ts'
import { whyText } from './talk/why-text.ts'
import { Composer } from './write/composer.ts'
import { refuseFiles } from './write/files.ts'

const app = the('app', HTMLElement)
const desk = new Desk(new Settings())
const notifier = new Notifier(desk)
const listener = {
  said: notifier.said.bind(notifier),
  noticed: desk.toast.bind(desk),
  loggedOut: leave,
}
const known = identity.value
// The server has time to answer while the page is built.
const called = known && call(known)

const start = new Start(desk, enter)
new Log(desk)
const search = new Search(desk)
new Composer(desk)
refuseFiles(desk)
new Sidebar(desk)
new Header(desk)
new PeoplePanel(desk)
new Keys(desk)
new Drawers(desk)
servePersons(desk)
desk.logOut = logOut
desk.search = (words) => search.find(words)

/** Logs in and enters the room of the address, or `room`. @throws RefusedError, DisconnectedError */
async function enter(credentials: Credentials, room: string) {
  const chat = new Chat(credentials, listener)
  const { place } = desk
  const wanted = (place && !place.isPrivate && place.name) || room
  try {
    await chat.start(wanted)
    const talk = await enterAsking(chat, wanted)
    const { password, ...kept } = credentials
    if (!password) identity.value = kept
    open(chat)
    if (place?.isPrivate) desk.show(chat.privateWith(place.name), place.id)
    else desk.show(talk, place?.id)
  } catch (error) {
    chat.end()
    throw error
  }
}

/** Calls the server for somebody who was here before, and enters the room of the address, or the first one. */
function call(credentials: Identity) {
  const chat = new Chat(credentials, listener)
  const [first = 'lobby'] = keptRooms.value
  const { place } = desk
  return { chat, starting: chat.startPatiently(place && !place.isPrivate ? place.name : first) }
}

/** Shows what the browser has of the last visit, and goes on with it as soon as the server has been reached. */
async function resume({ chat, starting }: ReturnType<typeof call>) {
  const { place } = desk
  for (const name of keptRooms.value) chat.expect(name)
  if (place && !place.isPrivate) chat.expect(place.name)
  const [first = chat.expect('lobby')] = chat.conversations.rooms
  open(chat)
  if (place?.isPrivate) desk.show(chat.privateWith(place.name), place.id)
  else desk.show((place && chat.conversations.get(roomKey(place.name))) ?? first)
  const wanted = desk.conversation
  try {
    await starting
    await chat.enterExpected()
    // The message of the address can be looked for from now on.
    if (place?.id && wanted && desk.chat === chat && desk.conversation === wanted) desk.show(wanted, place.id)
  } catch (error) {
    if (desk.chat !== chat) return
    if (!(error instanceof RefusedError || error instanceof DisconnectedError)) throw error
    leave(`${error.message}.`, error)
  }
}

function open(chat: Chat) {
  desk.chat = chat
  app.hidden = false
  start.hide()
}

/** Shows the start again. */
function leave(why: string, error?: RefusedError | DisconnectedError) {
  const nickname = desk.chat?.nickname
  identity.value = undefined
  desk.chat?.end()
  desk.chat = undefined
  desk.moved.emit()
  app.hidden = true
  start.show(why, nickname, error)
  // Behind the last words of what has just ended.
  setTimeout(forgetAll)
}

/** Logs out, in all tabs of the browser. */
async function logOut() {
  const { chat } = desk
  const { value } = identity
  // The other tabs are told before their token ends.
  identity.value = undefined
  if (chat && value) await revokeToken(chat, value)
  if (chat && chat === desk.chat) leave('')
}

/** Shows what the address names. */
async function follow() {
  const { place, chat } = desk
  if (!place || !chat) return
  const known = chat.conversations.get(place.isPrivate ? privateKey(place.name) : roomKey(place.name))
  try {
    desk.show(known ?? (place.isPrivate ? chat.privateWith(place.name) : await enterAsking(chat, place.name)), place.id)
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof DisconnectedError)) throw error
    if (error.code !== 'room-private') desk.toast(`${place.name}: ${whyText(whyOf(error), desk.settings)}`)
    if (desk.conversation) history.replaceState(null, '', desk.addressOf(desk.conversation))
  }
}

addEventListener('hashchange', () => void follow())
for (const event of ['online', 'offline'] as const) addEventListener(event, () => desk.chat?.wake())
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) desk.chat?.wake()
})
// Another tab has logged in or out.
identity.watch(() => {
  const { value } = identity
  const { chat } = desk
  if (!value && chat) leave('You logged out in another tab.')
  // Another tab has registered the name.
  if (value?.token && chat && isSameName(value.nickname, chat.nickname)) {
    chat.client.usePassword(value.token)
    void chat.identify().catch(() => {})
  }
  if (value && !desk.chat) void resume(call(value))
})

new PastKeeper(() => desk.chat?.conversations.all ?? [])
addEventListener('load', () => void workOffline())

if (called) void resume(called)
else start.show()
