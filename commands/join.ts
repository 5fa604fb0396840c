import { isSlug, SLUG_WORDS } from '../src/chat/names.ts'
import { Passwords } from '../src/chat/passwords.ts'
import type { RoomRecord } from '../src/engine/engine.ts'
import { type Command, type CommandContext, Mistake } from './command.ts'
import { result } from './replies.ts'

const TWO_WORDS = `A name has ${SLUG_WORDS}; a second word is the password of a room that has one`

/** A room that a line names, with its record where the line gives its password. */
interface NamedRoom {
  readonly name: string
  readonly unlocked: RoomRecord | undefined
}

/** Reads `<room> [<password>]` and checks the password. @throws Refusal as `Passwords.check` does; {@link Mistake} */
export async function namedRoom(context: CommandContext, parameter: string): Promise<NamedRoom> {
  const { name, password } = split(parameter)
  const room = password === undefined ? undefined : await context.chat.rooms.find(name)
  return { name, unlocked: await unlock(context, name, room, password) }
}

/** Reads `<room> [<password>]` of a room that exists, and checks the password. @throws Refusal as `Passwords.check` does; {@link Mistake} */
export async function existingRoom(context: CommandContext, parameter: string) {
  const { name, password } = split(parameter)
  const room = await context.chat.rooms.find(name)
  if (!room) throw new Mistake(isSlug(name) ? 'room-unknown' : 'room-name-invalid', name)
  return { room, unlocked: await unlock(context, name, room, password) }
}

function split(parameter: string) {
  const [, name = '', password] = /^(\S*)(?:[ \t]+(.*))?$/s.exec(parameter) ?? []
  return { name, password }
}

/** Returns the room if the line gives its password. */
async function unlock(
  { chat, address }: CommandContext,
  name: string,
  room: RoomRecord | undefined,
  password: string | undefined,
): Promise<RoomRecord | undefined> {
  if (password === undefined) return undefined
  // Two words are an invalid name unless the first is a room with a password. A password is not shown where it is none, either.
  if (room?.hash === undefined) {
    const rest = Passwords.fits(password) ? '…' : password
    throw new Mistake('room-name-invalid', `${name} ${rest}`, TWO_WORDS)
  }
  await chat.passwords.check(room, password, address)
  return room
}

export const join: Command = {
  name: 'JOIN',
  aliases: ['JOIN ROOM'],
  usage: 'JOIN <room> [<password>]',
  hints: { 'room-private': 'JOIN <room> <password>' },
  help: 'Enter a room, which is created if it does not exist, and leave the present one.',
  state: 'named',
  least: 1,
  async run(context, parameter) {
    const { name, unlocked } = await namedRoom(context, parameter)
    return enter(context, unlocked?.id ?? name, unlocked)
  },
}

export const enterExisting: Command = {
  name: '/enter',
  usage: '/enter <room> [<password>]',
  hints: { 'room-private': '/enter <room> <password>' },
  help: 'Enter a room as JOIN does, but only one that exists.',
  state: 'named',
  least: 1,
  async run(context, parameter) {
    const { room, unlocked } = await existingRoom(context, parameter)
    return enter(context, room.id, unlocked)
  },
}

/** @param which id of a room, or its name for one that may be created */
async function enter(context: CommandContext, which: number | string, unlocked: RoomRecord | undefined) {
  const { chat, session } = context
  const joined = await chat.join(session, which, { moves: true, unlocked })
  context.speaking = undefined
  context.listening = undefined
  return result(`Joined room ${joined.room.record.slug}`)
}
