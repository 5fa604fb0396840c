/** The dialog with the settings of a room. */
import type { CommandResult } from '../../commands/replies.ts'
import { resultOf } from '../../src/client/requests.ts'
import type { Desk } from '../model/desk.ts'
import type { RoomTalk } from '../model/room-talk.ts'
import { type Answers, ask, whyNot } from './dialog.ts'

type Flag = NonNullable<CommandResult['modes']>[number]['flag']
/** Values of the modes that are on. */
type Modes = Map<Flag, string>

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
    title: `Settings of #${room.name}`,
    fields: [
      {
        name: 'moderated',
        type: 'switch',
        label: 'Moderated',
        hint: 'Only operators and people with voice can post.',
        value: on('moderated'),
      },
      {
        name: 'invite-only',
        type: 'switch',
        label: 'Invite-only',
        hint: 'Only invited people can join.',
        value: on('invite-only'),
      },
      {
        name: 'visibility',
        type: 'switch',
        label: 'Hidden',
        hint: 'The room does not appear in room lists.',
        value: on('visibility'),
      },
      {
        name: 'slow',
        type: 'number',
        label: 'Slow mode',
        hint: 'Seconds between two messages from one person. Leave empty to turn it off.',
        value: modes.get('slow'),
        most: 86_400,
        codes: ['invalid-seconds'],
      },
      {
        name: 'limit',
        type: 'number',
        label: 'Most people',
        hint: 'Only operators and invited people can join a full room. Leave empty for no limit.',
        value: modes.get('limit'),
        most: Number.MAX_SAFE_INTEGER,
        codes: ['invalid-limit'],
      },
      {
        name: 'keep',
        type: 'number',
        label: 'Keep messages for',
        hint: "Days. Older messages are deleted. Leave empty to use the server's setting.",
        value: modes.get('keep'),
        most: 36_500,
        codes: ['invalid-days'],
      },
      ...(modes.has('password')
        ? [
            {
              name: 'unlock',
              type: 'switch',
              label: 'Remove the password',
              hint: 'Anyone will be able to join.',
            } as const,
          ]
        : []),
      {
        name: 'password',
        label: modes.has('password') ? 'New password' : 'Password',
        hint: modes.has('password')
          ? 'Leave empty to keep the current one.'
          : 'People need it to join. At least 8 characters; leave empty for no password.',
        codes: ['secret-invalid', 'password-invalid'],
      },
    ],
    button: 'Save',
    act: (answers) => save(room, modes, answers),
  })
}

/** Carries out the commands for what has been changed, of which none is repeated. @throws RefusedError, DisconnectedError */
async function save(room: RoomTalk, modes: Modes, answers: Answers) {
  const change = async (flag: Flag, value: string | undefined, command: string, parameter = '') => {
    if (value === modes.get(flag) && flag !== 'password') return
    await room.command(command, parameter)
    if (value === undefined) modes.delete(flag)
    else modes.set(flag, value)
  }
  const { slow = '', limit = '', keep = '', password = '', unlock } = answers
  if (password !== '') await change('password', '', '/lock', password)
  else if (unlock === 'on') await change('password', undefined, '/unlock')
  await change('slow', slow || undefined, '/slow', slow || 'off')
  await change('limit', limit || undefined, '/limit', limit || 'off')
  await change('keep', keep || undefined, '/keep', keep || 'all')
  const isOn = (flag: Flag) => answers[flag] === 'on'
  for (const flag of ['moderated', 'invite-only'] as const) {
    await change(flag, isOn(flag) ? '' : undefined, `/${flag}`, isOn(flag) ? 'on' : 'off')
  }
  await change('visibility', isOn('visibility') ? 'hidden' : undefined, '/hidden', isOn('visibility') ? 'on' : 'off')
}

/** Resolves with the modes that are on, and their values. @throws RefusedError, DisconnectedError */
async function modesOf(room: RoomTalk): Promise<Modes> {
  const reply = await room.joined?.ask('/modes')
  const { modes = [] } = reply ? resultOf(reply) : {}
  return new Map(modes.map(({ flag, value = '' }) => [flag, value]))
}
