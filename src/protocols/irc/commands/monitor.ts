import { fold } from '../../../chat/names.ts'
import { type IrcCommand, type IrcContext, NOTHING } from '../command.ts'
import { IRC_LIMITS } from '../isupport.ts'
import { itemsOf, type Lines, linesWith } from '../message.ts'
import { meantNick, shownNick } from '../names.ts'

/** IRCv3, "Monitor". */
export const monitorCommand: IrcCommand = {
  name: 'MONITOR',
  usage: 'MONITOR + | - <nickname>{,<nickname>} | C | L | S',
  help: 'Watches when users come and go.',
  least: 1,
  async run(context, { params: [action = '', list = ''] }) {
    const { session, reply, options } = context
    const nicks = itemsOf(list)
    switch (action.toUpperCase()) {
      case '+':
        return add(context, nicks)
      case '-':
        for (const nick of nicks) options.audience.unmonitor(session, meantNick(nick))
        return NOTHING
      case 'C':
        for (const nick of [...session.monitored.values()]) options.audience.unmonitor(session, nick)
        return NOTHING
      case 'L': {
        const shown = Array.from(session.monitored.values(), shownNick)
        return [...lines(shown, (text) => reply('RPL_MONLIST', text)), reply('RPL_ENDOFMONLIST')]
      }
      case 'S':
        return status(context, [...session.monitored.values()])
      default:
        return NOTHING
    }
  },
}

async function add(context: IrcContext, nicks: readonly string[]): Promise<Lines> {
  const { session, reply, options } = context
  const added: string[] = []
  const surplus: string[] = []
  for (const name of nicks.map(meantNick)) {
    const isNew = !session.monitored.has(fold(name))
    if (isNew && session.monitored.size >= IRC_LIMITS.monitored) surplus.push(shownNick(name))
    else {
      added.push(name)
      options.audience.monitor(session, name)
    }
  }
  const full = lines(surplus, (text) => reply('ERR_MONLISTFULL', IRC_LIMITS.monitored, text))
  return [...(await status(context, added)), ...full]
}

/** Returns the lines that tell which of the nicknames are online. */
async function status({ chat, reply, options }: IrcContext, names: readonly string[]): Promise<Lines> {
  const found = await Promise.all(
    names.map(async (name) => {
      const { sessions } = await chat.users.sessions(name)
      options.audience.note(name, sessions.length > 0)
      return sessions[0]
    }),
  )
  const online = found.flatMap((session) => (session ? options.users.sourceOf(session.name, session.account) : []))
  const offline = names.filter((_, index) => !found[index]).map(shownNick)
  return [
    ...lines(online, (text) => reply('RPL_MONONLINE', text)),
    ...lines(offline, (text) => reply('RPL_MONOFFLINE', text)),
  ]
}

function lines(words: readonly string[], line: (text: string) => string): string[] {
  return linesWith(words, line, ',')
}
