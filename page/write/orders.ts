/** Carries out what is written: says it, or does as a command says. */
import { RefusedError } from '../../src/client/errors.ts'
import { isSameName } from '../../src/client/nickname.ts'
import { commandLine } from '../../src/client/requests.ts'
import { register } from '../model/account.ts'
import type { Chat } from '../model/chat.ts'
import type { Conversation } from '../model/conversation.ts'
import type { Desk } from '../model/desk.ts'
import { roomKey } from '../model/room-talk.ts'
import type { Commands } from './commands.ts'
import { isSecret } from './text.ts'

/** A command; a path such as `/usr/bin` is none. */
const COMMAND = /^\/([a-z-]+)(?:[ \t]+([\s\S]*\S))?[ \t]*$/i
/** A nickname, which stands in quotes if it has spaces, and a text. */
const PERSON = /^(?:"([^"]*)"|(\S+))(?:\s+([\s\S]*))?$/
/** Commands that change the room that is shown, or are about it. */
const OF_ROOMS = new Set(['Rooms', 'Moderation'])

/** The text cannot be carried out as it is written; the message says why. */
export class Mistake extends Error {}

type Act = (parameter: string, chat: Chat, conversation: Conversation) => Promise<string> | string

export class Orders {
  readonly #desk: Desk
  readonly #commands: Commands

  constructor(desk: Desk, commands: Commands) {
    this.#desk = desk
    this.#commands = commands
  }

  /**
   * Says a text in a conversation, or carries out its command. Resolves with words for the user, empty where there is nothing to say.
   *
   * @throws Mistake, RefusedError, DisconnectedError
   */
  async carryOut(text: string, chat: Chat, conversation: Conversation): Promise<string> {
    const [, word, parameter = ''] = COMMAND.exec(text) ?? []
    if (word === undefined) {
      if (isSecret(text))
        throw new Mistake('This looks like a command with a password. Start it with the slash, on one line.')
      conversation.outbox.say(text.replace(/^\/\//, '/'))
      return ''
    }
    const name = `/${word.toLowerCase()}`
    const act = this.#own[name]
    if (act) return act(parameter, chat, conversation)
    return this.#askServer(name, parameter, chat)
  }

  readonly #own: Readonly<Record<string, Act | undefined>> = {
    '/me': (text, _, { outbox, isPrivate }) => {
      if (!text) throw new Mistake('Describe an action: /me waves')
      if (isPrivate) throw new Mistake('/me only works in rooms.')
      outbox.say(text, { action: true })
      return ''
    },
    '/notice': (text, _, { outbox, isPrivate }) => {
      if (!text) throw new Mistake('Add a message: /notice the build is green')
      if (isPrivate) throw new Mistake('/notice only works in rooms.')
      outbox.say(text, { notice: true })
      return ''
    },
    '/msg': (parameter, chat) => this.#tell(parameter, chat),
    '/tell': (parameter, chat) => this.#tell(parameter, chat),
    '/join': async (parameter, chat) => {
      const [name = '', password] = parameter.replace(/^#/, '').split(/\s+/)
      if (!name) throw new Mistake('Add a room name: /join ops')
      this.#desk.show(await chat.enter(name, password))
      return ''
    },
    '/leave': async (parameter, chat, conversation) => {
      const name = parameter.replace(/^#/, '')
      const left = name ? chat.conversations.get(roomKey(name)) : conversation
      if (!left) throw new Mistake(`You're not in #${name}.`)
      await this.#desk.close(left)
      return ''
    },
    '/away': async (text, chat) => {
      await chat.away.set(text || undefined)
      return text ? 'You are marked as away.' : 'You are no longer marked as away.'
    },
    '/register': async (password, chat) => {
      if (!password) throw new Mistake('Add a password: /register <password>')
      await register(chat, password)
      return `${chat.nickname} is registered. From now on, the name needs the password. This browser stays logged in.`
    },
    '/quit': async () => {
      await this.#desk.logOut()
      return ''
    },
    '/search': (words) => {
      this.#desk.search(words)
      return ''
    },
    '/help': async (parameter, chat) => {
      const all = await this.#commands.all(chat)
      const name = `/${parameter.replace(/^\//, '').toLowerCase()}`
      const shown = parameter ? all.filter((command) => command.name === name) : all
      if (shown.length === 0) throw new Mistake(`There is no command ${name}.`)
      return shown.map(({ usage, help }) => `${usage}: ${help}`).join('\n')
    },
    '/nick': () => {
      throw new Mistake("You can't change your name while you're logged in. Log out to use another one.")
    },
  }

  #tell(parameter: string, chat: Chat) {
    const [, quoted, word, text = ''] = PERSON.exec(parameter) ?? []
    const name = quoted ?? word
    if (!name) throw new Mistake('Add a name and a message: /msg bob hello')
    if (isSameName(name, chat.nickname)) throw new Mistake("That's your own name.")
    const talk = chat.privateWith(name)
    this.#desk.show(talk)
    if (text) talk.outbox.say(text)
    return ''
  }

  async #askServer(name: string, parameter: string, chat: Chat) {
    const all = await this.#commands.all(chat)
    const known = all.find((command) => command.name === name)
    if (!known) {
      const { hint } = await chat.command(`/help ${name}`).catch((error) => error)
      // Some of the server's commands are not in the page.
      const meant = all.find((command) => hint?.startsWith(`Perhaps ${command.name};`))
      const guess = meant ? ` Did you mean ${meant.name}?` : ''
      throw new Mistake(
        `There is no command ${name}.${guess} To send it as a message, start with two slashes: /${name}`,
      )
    }
    if (parameter.includes('\n')) throw new Mistake(`${name} must be on one line.`)
    const { room } = this.#desk
    if (!room && OF_ROOMS.has(known.group)) throw new Mistake(`${name} only works in rooms. Open one first.`)
    try {
      if (room) return await room.command(name, parameter)
      const { result } = await chat.command(commandLine(name, parameter))
      return result === 'OK' ? '' : (result ?? '')
    } catch (error) {
      if (error instanceof RefusedError && error.code === 'text-empty') throw new Mistake(`Usage: ${known.usage}`)
      if (error instanceof RefusedError && error.code === 'missing-parameter')
        throw new Mistake(`Usage: ${known.usage}`)
      throw error
    }
  }
}

/** Says why a text was not carried out. */
export function whyUndone(error: unknown) {
  if (error instanceof Mistake) return error.message
  if (error instanceof RefusedError) return error.hint ? `${error.message}. ${error.hint}.` : `${error.message}.`
  return "You're not connected right now."
}
