/** The commands that can be written in the page, with their usage and help as the server tells them. */
import type { Chat } from '../model/chat.ts'

export interface CommandHelp {
  readonly name: string
  readonly usage: string
  readonly help: string
  readonly group: string
}

/** Commands of the server that are of no use in the page, or would take it out of step with the server. */
const NOT_HERE: ReadonlySet<string> = new Set([
  '/login',
  'login',
  'message',
  'help',
  '/pipe',
  'pipe',
  '/enter',
  '/speak',
  '/listen',
  '/plain',
  '/json',
  '/limits',
  '/ping',
  '/history',
  'history',
  '/inbox',
  '/rooms',
])

/** Commands that the page carries out by itself, or explains better. */
const OWN: readonly CommandHelp[] = [
  { name: '/help', usage: '/help [<command>]', help: 'List all commands, or explain one.', group: 'Talk' },
  { name: '/join', usage: '/join <room> [<password>]', help: 'Join a room, or create it.', group: 'Talk' },
  { name: '/leave', usage: '/leave [<room>]', help: 'Leave this room or another one.', group: 'Talk' },
  { name: '/msg', usage: '/msg <name> [<text>]', help: 'Send a private message.', group: 'Talk' },
  { name: '/me', usage: '/me <text>', help: 'Describe an action: /me waves.', group: 'Talk' },
  { name: '/notice', usage: '/notice <text>', help: 'Send a message that bots do not answer.', group: 'Talk' },
  { name: '/search', usage: '/search [<words>]', help: 'Search messages.', group: 'History' },
  { name: '/quit', usage: '/quit', help: 'Log out of this browser.', group: 'Account' },
]

/** Returns all commands, and asks the server for them the first time. @throws RefusedError, DisconnectedError */
export class Commands {
  #of: Chat | undefined
  #all: Promise<readonly CommandHelp[]> | undefined

  all(chat: Chat): Promise<readonly CommandHelp[]> {
    if (this.#of !== chat) this.#all = undefined
    this.#of = chat
    this.#all ??= ask(chat).catch((error: unknown) => {
      this.#all = undefined
      throw error
    })
    return this.#all
  }
}

async function ask(chat: Chat): Promise<readonly CommandHelp[]> {
  const { commands = [] } = await chat.command('/help')
  const own = new Set([...OWN.map(({ name }) => name), '/tell'])
  const theirs = commands
    // The published commands have no slash, and are known with one.
    .map(({ name, usage, help, group = '' }) => ({ name: slashed(name), usage: slashed(usage), help, group }))
    .filter(({ name }) => !own.has(name) && !NOT_HERE.has(name) && !NOT_HERE.has(name.slice(1)))
    .filter(({ group }) => group !== 'Admin' || chat.user?.admin)
  return [...OWN, ...theirs]
}

function slashed(text: string) {
  return text.startsWith('/') ? text : `/${text.replace(/^\S+/, (word) => word.toLowerCase())}`
}
