/** The way into rooms: asks for the password of a locked one. */
import { RefusedError } from '../../src/client/errors.ts'
import type { Chat } from '../model/chat.ts'
import type { Desk } from '../model/desk.ts'
import type { RoomTalk } from '../model/room-talk.ts'
import { ask, whyNot } from './dialog.ts'

/** Enters a room, asking for its password where it has one. @throws RefusedError, also when the user gives up; DisconnectedError */
export async function enterAsking(chat: Chat, name: string): Promise<RoomTalk> {
  try {
    return await chat.enter(name)
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code !== 'room-private') throw error
    let talk: RoomTalk | undefined
    await ask({
      title: `${name} has a password`,
      text: 'Whoever takes care of the room can tell you the password.',
      fields: [{ name: 'password', label: 'Password of the room', type: 'password', isNeeded: true }],
      button: 'Enter',
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
    if (!(error instanceof RefusedError) || error.code !== 'room-private') desk.toast(`${name}: ${whyNot(error)}`)
  }
}
