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
  const date = room && panels.isNarrow ? [{ text: 'Go to a date…', act: () => desk.askDate() }] : []
  if (!isOperator(desk)) return date
  return [
    ...date,
    { text: room?.topic ? 'Edit topic…' : 'Add a topic…', act: () => editTopic(desk) },
    { text: 'Settings of the room…', act: () => void openRoomSettings(desk) },
    { text: 'Invite somebody…', act: () => invite(desk) },
    { text: 'Bans…', act: () => void openBans(desk) },
    ...(isOwner(desk)
      ? [
          { text: 'Hand the room over…', act: () => handOver(desk) },
          { text: 'Close the room…', isGrave: true, act: () => closeRoom(desk) },
        ]
      : []),
  ]
}

export function editTopic({ room }: Desk) {
  void ask({
    title: `Topic of ${room?.name}`,
    fields: [
      {
        name: 'topic',
        label: 'Topic',
        type: 'lines',
        value: room?.topic,
        most: 300,
        hint: 'What the room is about. Empty for none.',
      },
    ],
    button: 'Save',
    act: async ({ topic = '' }) => room?.command('/topic', topic.trim().replace(/\s*\n\s*/g, ' ') || '""'),
  })
}

function invite({ room }: Desk) {
  void ask({
    title: `Invite somebody to ${room?.name}`,
    text: 'Whoever is invited may enter, even while the room is for invited people only.',
    fields: [{ name: 'name', label: 'Name', isNeeded: true }],
    button: 'Invite',
    act: async ({ name = '' }) => room?.command('/invite', nicknameWord(name.trim())),
  })
}

function handOver({ room }: Desk) {
  void ask({
    title: `Hand ${room?.name} over`,
    text: 'The room then belongs to somebody else. You stay an operator.',
    fields: [{ name: 'name', label: 'Name of an account', isNeeded: true }],
    button: 'Hand over',
    isGrave: true,
    act: async ({ name = '' }) => room?.command('/owner', nicknameWord(name.trim())),
  })
}

function closeRoom({ room }: Desk) {
  void ask({
    title: `Close ${room?.name}?`,
    text: 'The room is removed with everything that was said in it, for everybody and for good.',
    button: 'Close the room',
    isGrave: true,
    act: async () => room?.command('/close'),
  })
}
