import type { Moderation } from '../src/chat/moderation.ts'
import type { Membership } from '../src/chat/session.ts'
import type { Command } from './command.ts'
import { OK } from './replies.ts'
import { splitName } from './words.ts'

type RoleArguments = [moderation: Moderation, by: Membership, name: string]
type RoleCommand = 'op' | 'deop' | 'voice' | 'devoice' | 'owner' | 'invite'

/** Returns the command that changes the role of one user in the room. */
function roleCommand(word: RoleCommand, help: string, run: (...args: RoleArguments) => Promise<unknown>): Command {
  return {
    name: `/${word}`,
    usage: `/${word} <nickname>`,
    help,
    state: 'inRoom',
    least: 1,
    async run({ chat, session }, parameter) {
      await run(chat.moderation, session.inRoom(), splitName(parameter).name)
      return OK
    },
  }
}

export const op = roleCommand(
  'op',
  'Make a user operator: an account for good, a guest until it leaves.',
  (moderation, by, name) => moderation.grant(by, 'operator', name),
)
export const deop = roleCommand('deop', 'Take the operator role back.', (moderation, by, name) =>
  moderation.withdraw(by, 'operator', name),
)
export const voice = roleCommand(
  'voice',
  'Let a user speak in a moderated room, and without slow mode.',
  (moderation, by, name) => moderation.grant(by, 'voiced', name),
)
export const devoice = roleCommand('devoice', 'Take the voice back.', (moderation, by, name) =>
  moderation.withdraw(by, 'voiced', name),
)
export const owner = roleCommand(
  'owner',
  'Hand the room over to the owner of another account.',
  (moderation, by, name) => moderation.handOver(by, name),
)
export const invite = roleCommand('invite', 'Let a user enter the invite-only room.', (moderation, by, name) =>
  moderation.invite(by, name),
)
