import type { Command } from './command.ts'
import { OK, result } from './replies.ts'

export const topic: Command = {
  name: '/topic',
  usage: '/topic [<text>]',
  help: 'The topic of the room; with a text of at most 300 characters, set it. /topic "" removes it.',
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
  help: 'Rename the room.',
  state: 'inRoom',
  least: 1,
  async run({ chat, session }, text) {
    await chat.moderation.settings.setTitle(session.inRoom(), text)
    return OK
  },
}

export const close: Command = {
  name: '/close',
  usage: '/close [<room>]',
  help: 'Close the room for good: it is removed with its history. Only its owner may do that, and an admin, who may name another room.',
  state: 'named',
  least: 0,
  async run({ chat: { moderation }, session }, room) {
    if (room === '') await moderation.settings.close(session.inRoom())
    else await moderation.settings.closeNamed(session, room)
    return OK
  },
}
