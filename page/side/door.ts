/** The way into rooms: asks for the password of a locked one. */
import { RefusedError } from '../../src/client/errors.ts'
import type { Chat } from '../model/chat.ts'
import type { Desk } from '../model/desk.ts'
import type { RoomTalk } from '../model/room-talk.ts'
import { whyOf } from '../model/why.ts'
import { whyText } from '../talk/why-text.ts'
import { ask, whyNot } from './dialog.ts'

/** Enters a room, asking for its password where it has one. @throws RefusedError, also when the user gives up; DisconnectedError */
export async function enterAsking(chat: Chat, name: string): Promise<RoomTalk> {
  try {
    return await chat.enter(name)
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code !== 'room-private') throw error
    let talk: RoomTalk | undefined
    await ask({
      title: `#${name} needs a password`,
      text: "Ask the room's owner or operators for it.",
      fields: [{ name: 'password', label: 'Room password', type: 'password', isNeeded: true }],
      button: 'Join',
      act: async ({ password }) => (talk = await chat.enter(name, password)),
    })
    if (talk) return talk
    throw error
  }
}

/** Enters a room and shows it, or tells why not. */
export async function goToRoom(desk: Desk, name: string) {
  const { chat } = desk
  if (!chat) return
  try {
    desk.show(await enterAsking(chat, name))
  } catch (error) {
    if (!(error instanceof RefusedError)) desk.toast(`${name}: ${whyNot(error)}`)
    else if (error.code !== 'room-private') desk.toast(`${name}: ${whyText(whyOf(error), desk.settings)}`)
  }
}
