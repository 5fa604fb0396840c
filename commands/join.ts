import { SLUG_WORDS } from '../src/chat/names.ts'
import { Refusal } from '../src/chat/refusal.ts'
import type { RoomRecord } from '../src/engine/engine.ts'
import { type Command, type CommandContext, Mistake } from './command.ts'
import { result } from './replies.ts'

const TWO_WORDS = `A name has ${SLUG_WORDS}; a second word is the password of a room that has one`

/** A room that a line names, with its record where the line gives its password. */
interface NamedRoom {
  readonly name: string
  readonly unlocked: RoomRecord | undefined
}

/** Reads `<room> [<password>]` and checks the password. @throws Refusal as `Chat.unlock` does; {@link Mistake} */
export async function namedRoom({ chat, address }: CommandContext, parameter: string): Promise<NamedRoom> {
  const [, name = '', password] = /^(\S*)(?:[ \t]+(.*))?$/s.exec(parameter) ?? []
  if (password === undefined) return { name, unlocked: undefined }
  const unlocked = await chat.rooms.find(name)
  // Two words are an invalid name unless the first is a room with a password.
  if (unlocked?.hash === undefined) throw new Mistake('room-name-invalid', parameter, TWO_WORDS)
  await chat.unlock(unlocked, password, address)
  return { name, unlocked }
}

export const join: Command = {
  name: 'JOIN',
  aliases: ['JOIN ROOM'],
  usage: 'JOIN <room> [<password>]',
  help: 'Enter a room, which is created if it does not exist, and leave the present one.',
  state: 'named',
  least: 1,
  run: (context, parameter) => enter(context, parameter, ({ name, unlocked }) => unlocked?.id ?? name),
}

export const enterExisting: Command = {
  name: '/enter',
  usage: '/enter <room> [<password>]',
  help: 'Enter a room as JOIN does, but only one that exists.',
  state: 'named',
  least: 1,
  run: (context, parameter) =>
    enter(context, parameter, async ({ name, unlocked }) => {
      const room = unlocked ?? (await context.chat.rooms.find(name))
      if (!room) throw new Refusal('room-unknown')
      return room.id
    }),
}

/** @param find returns the id of a room, or its name for one that may be created */
async function enter(
  context: CommandContext,
  parameter: string,
  find: (room: NamedRoom) => number | string | Promise<number>,
) {
  const room = await namedRoom(context, parameter)
  const { chat, session } = context
  const joined = await chat.join(session, await find(room), { moves: true, unlocked: room.unlocked })
  context.speaking = undefined
  return result(`Joined room ${joined.room.record.slug}`)
}
