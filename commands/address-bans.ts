import { type Command, Mistake } from './command.ts'
import { timestamp } from './events.ts'
import { result } from './replies.ts'
import { sanctionTerms, termsText } from './wording.ts'
import { splitName, splitTime } from './words.ts'

/** Maximum number of bans in a reply, so that it fits the output queue. */
const MOST = 500

export const banAddress: Command = {
  name: '/ban-address',
  usage: '/ban-address <address or network> [<time>] [<why>]',
  help: 'Refuse connections from an address, or a network such as 198.51.100.0/24, at every protocol, and end those that are open. For good without a time such as 10m, 2h or 7d, or with forever. For admins.',
  state: 'named',
  least: 1,
  async run({ chat, session }, parameter) {
    const { name: network, rest } = splitName(parameter)
    const { until, rest: why } = splitTime(rest)
    return result(`Banned ${await chat.addressBans.ban(session, network, { until, why })}`)
  },
}

export const unbanAddress: Command = {
  name: '/unban-address',
  usage: '/unban-address <address or network>',
  help: 'Lift a ban of an address or network. For admins.',
  state: 'named',
  least: 1,
  async run({ chat, session }, parameter) {
    const { name } = splitName(parameter)
    const network = await chat.addressBans.unban(session, name)
    if (network === undefined) throw new Mistake('not-banned', name)
    return result(`No longer banned: ${network}`)
  },
}

export const addressBans: Command = {
  name: '/address-bans',
  usage: '/address-bans',
  help: `The banned addresses and networks, newest first, at most ${MOST}: by whom, until when, why. For admins.`,
  state: 'named',
  least: 0,
  async run({ chat, session }) {
    const found = await chat.addressBans.list(session)
    const listed = found.slice(0, MOST).map(({ network, by, at, until, why }) => ({
      network,
      by,
      utctimestamp: timestamp(at),
      ...sanctionTerms({ until, why }),
    }))
    const more = found.length - listed.length
    const lines = listed.map((each) => each.network + termsText(each))
    if (more > 0) lines.push(`and ${more} more`)
    const text = lines.join('\n') || 'No address is banned'
    return { type: 'commandResult', result: text, addressBans: listed, ...(more > 0 && { more }) }
  },
}
