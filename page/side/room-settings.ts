/** The dialog with the settings of a room. */
import type { RoomEvent } from '../../commands/replies.ts'
import type { Desk } from '../model/desk.ts'
import type { RoomTalk } from '../model/room-talk.ts'
import { type Answers, ask, whyNot } from './dialog.ts'

type Flag = Extract<RoomEvent, { type: 'mode' }>['flag']
type Modes = ReadonlyMap<Flag, string>

export async function openRoomSettings(desk: Desk) {
  const { room } = desk
  if (!room) return
  let modes: Modes
  try {
    modes = await modesOf(room)
  } catch (error) {
    return desk.toast(whyNot(error))
  }
  const on = (flag: Flag) => (modes.has(flag) ? 'on' : '')
  void ask({
    title: `Settings of ${room.name}`,
    fields: [
      {
        name: 'moderated',
        type: 'switch',
        label: 'Moderated',
        hint: 'Only operators and people with a voice speak.',
        value: on('moderated'),
      },
      {
        name: 'invite-only',
        type: 'switch',
        label: 'For invited people only',
        hint: 'Nobody else may enter.',
        value: on('invite-only'),
      },
      { name: 'visibility', type: 'switch', label: 'Hidden', hint: 'The room is in no list.', value: on('visibility') },
      {
        name: 'slow',
        type: 'number',
        label: 'Slow mode',
        hint: 'Seconds between two messages of a person. Empty for none.',
        value: modes.get('slow'),
        most: 86_400,
        codes: ['invalid-seconds'],
      },
      {
        name: 'keep',
        type: 'number',
        label: 'Keep messages for',
        hint: 'Days. Older messages are removed. Empty for as long as the server keeps them.',
        value: modes.get('keep'),
        most: 36_500,
        codes: ['invalid-days'],
      },
      ...(modes.has('password')
        ? [{ name: 'unlock', type: 'switch', label: 'Remove the password', hint: 'Everybody may enter then.' } as const]
        : []),
      {
        name: 'password',
        label: modes.has('password') ? 'Another password' : 'Password',
        hint: modes.has('password')
          ? 'Empty to leave it as it is.'
          : 'Whoever enters is asked for it. At least 8 characters; empty for none.',
        codes: ['secret-invalid', 'password-invalid'],
      },
    ],
    button: 'Save',
    act: (answers) => save(room, modes, answers),
  })
}

/** Carries out the commands for what has been changed. @throws RefusedError at the first one that is refused, DisconnectedError */
async function save(room: RoomTalk, modes: Modes, answers: Answers) {
  for (const flag of ['moderated', 'invite-only', 'visibility'] as const) {
    const isOn = answers[flag] === 'on'
    const command = flag === 'visibility' ? '/hidden' : `/${flag}`
    if (isOn !== modes.has(flag)) await room.command(command, isOn ? 'on' : 'off')
  }
  const { slow = '', keep = '', password = '', unlock } = answers
  if (slow !== (modes.get('slow') ?? '')) await room.command('/slow', slow || 'off')
  if (keep !== (modes.get('keep') ?? '')) await room.command('/keep', keep || 'all')
  if (password !== '') await room.command('/lock', password)
  else if (unlock === 'on') await room.command('/unlock')
}

/** Resolves with the modes that are on, and their values. */
async function modesOf(room: RoomTalk): Promise<Modes> {
  const modes = new Map<Flag, string>()
  for (const event of (await room.joined?.history({ kinds: ['mode'], limit: 100 })) ?? []) {
    if (event.type !== 'mode') continue
    if (event.on) modes.set(event.flag, event.value ?? '')
    else modes.delete(event.flag)
  }
  return modes
}
