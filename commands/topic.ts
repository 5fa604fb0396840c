import type { Command } from './command.ts'
import { OK, result } from './replies.ts'

export const topic: Command = {
  name: '/topic',
  usage: '/topic [<text>]',
  help: 'The topic of the room; with a text of at most 300 characters, set it. /topic "" removes it.',
  hints: { 'text-too-long': 'The topic is too long' },
  state: 'inRoom',
  least: 0,
  async run({ chat, session }, text) {
    const membership = session.inRoom()
    if (text === '') {
      const { topic: present } = membership.room.state
      if (!present) return result('No topic is set')
      return { ...result(`${present.text} (${present.by})`), topic: present.text }
    }
    await chat.moderation.settings.setTopic(membership, text === '""' ? '' : text)
    return OK
  },
}

export const title: Command = {
  name: '/title',
  usage: '/title <text>',
  help: 'Rename the room; the reply tells the name to JOIN, which has no spaces.',
  hints: { 'room-name-invalid': 'A title has 1 to 70 characters' },
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, text) {
    const { slug } = await chat.moderation.settings.setTitle(session.inRoom(), text)
    return result(`The room is now ${slug}`)
  },
}

export const close: Command = {
  name: '/close',
  usage: '/close [<room>]',
  help: 'Close the room for good: it is removed with its history. Only its owner may do that, and an admin, who may name another room.',
  hints: { 'not-permitted': 'Only the owner of the room, or an admin, may do this; the lobby stays' },
  state: 'named',
  least: 0,
  async run({ chat: { moderation }, session }, room) {
    if (room === '') await moderation.settings.close(session.inRoom())
    else await moderation.settings.closeNamed(session, room)
    return OK
  },
}
