/** The actions on a room that the user may take. */
import { nicknameWord } from '../../src/client/room-lines.ts'
import type { Desk } from '../model/desk.ts'
import { openBans } from './bans.ts'
import { ask } from './dialog.ts'
import type { Action } from './menu.ts'
import { isOperator, isOwner } from './rights.ts'
import { openRoomSettings } from './room-settings.ts'

export function roomActions(desk: Desk): Action[] {
  const { room, panels } = desk
  // The button for it has no place on a phone.
  const date = room && panels.isNarrow ? [{ text: 'Jump to a date…', act: () => desk.askDate() }] : []
  if (!isOperator(desk)) return date
  return [
    ...date,
    { text: room?.topic ? 'Edit topic…' : 'Add a topic…', act: () => editTopic(desk) },
    { text: 'Room settings…', act: () => void openRoomSettings(desk) },
    { text: 'Invite someone…', act: () => invite(desk) },
    { text: 'Bans and mutes…', act: () => void openBans(desk) },
    ...(isOwner(desk)
      ? [
          { text: 'Transfer ownership…', act: () => handOver(desk) },
          { text: 'Close room…', isGrave: true, act: () => closeRoom(desk) },
        ]
      : []),
  ]
}

export function editTopic({ room }: Desk) {
  void ask({
    title: `Topic of #${room?.name}`,
    fields: [
      {
        name: 'topic',
        label: 'Topic',
        type: 'lines',
        value: room?.topic,
        most: 300,
        hint: 'What this room is about. Leave empty for no topic.',
      },
    ],
    button: 'Save',
    act: async ({ topic = '' }) => room?.command('/topic', topic.trim().replace(/\s*\n\s*/g, ' ') || '""'),
  })
}

function invite({ room }: Desk) {
  void ask({
    title: `Invite someone to #${room?.name}`,
    text: 'Invited people can join even if the room is invite-only or full.',
    fields: [{ name: 'name', label: 'Name', isNeeded: true }],
    button: 'Invite',
    act: async ({ name = '' }) => room?.command('/invite', nicknameWord(name.trim())),
  })
}

function handOver({ room }: Desk) {
  void ask({
    title: `Transfer ownership of #${room?.name}`,
    text: 'The new owner takes over the room. You stay an operator.',
    fields: [{ name: 'name', label: 'New owner', hint: 'A registered name.', isNeeded: true }],
    button: 'Transfer',
    isGrave: true,
    act: async ({ name = '' }) => room?.command('/owner', nicknameWord(name.trim())),
  })
}

function closeRoom({ room }: Desk) {
  void ask({
    title: `Close #${room?.name}?`,
    text: "This deletes the room and all its messages for everyone. It can't be undone.",
    button: 'Close room',
    isGrave: true,
    act: async () => room?.command('/close'),
  })
}
