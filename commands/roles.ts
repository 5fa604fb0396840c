import type { Roles } from '../src/chat/roles.ts'
import type { Membership } from '../src/chat/session.ts'
import type { Command } from './command.ts'
import { OK } from './replies.ts'
import { splitName } from './words.ts'

type RoleArguments = [roles: Roles, by: Membership, name: string]
type RoleCommand = 'op' | 'deop' | 'voice' | 'devoice' | 'owner' | 'invite'

/** Returns the command that changes the role of one user in the room. */
function roleCommand(word: RoleCommand, help: string, run: (...args: RoleArguments) => Promise<unknown>): Command {
  return {
    name: `/${word}`,
    usage: `/${word} <nickname>`,
    help,
    ...(word === 'owner' && { hints: { 'not-permitted': 'Only the owner of the room may do this' } }),
    state: 'inRoom',
    least: 1,
    async run({ chat, session }, parameter) {
      await run(chat.moderation.roles, session.inRoom(), splitName(parameter).name)
      return OK
    },
  }
}

export const op = roleCommand(
  'op',
  'Make a user operator: an account for good, a guest until it leaves.',
  (roles, by, name) => roles.grant(by, 'operator', name),
)
export const deop = roleCommand('deop', 'Take the operator role back.', (roles, by, name) =>
  roles.withdraw(by, 'operator', name),
)
export const voice = roleCommand(
  'voice',
  'Let a user speak in a moderated room, and without slow mode.',
  (roles, by, name) => roles.grant(by, 'voiced', name),
)
export const devoice = roleCommand('devoice', 'Take the voice back.', (roles, by, name) =>
  roles.withdraw(by, 'voiced', name),
)
export const owner = roleCommand('owner', 'Hand the room over to the owner of another account.', (roles, by, name) =>
  roles.handOver(by, name),
)
export const invite = roleCommand(
  'invite',
  'Let a user enter the room while it is invite-only or full.',
  (roles, by, name) => roles.invite(by, name),
)
