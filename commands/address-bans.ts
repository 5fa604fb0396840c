import type { AddressBan } from '../src/engine/records.ts'
import { type Command, Mistake } from './command.ts'
import { timestamp } from './events.ts'
import { MAX_LISTED, newestFitting } from './newest-fitting.ts'
import { result } from './replies.ts'
import { sanctionTerms, termsText } from './wording.ts'
import { nameAlone, splitName, splitTime } from './words.ts'

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
  usage: '/address-bans [<text>]',
  help: `The banned addresses and networks, or those with the text in them or that cover or are in the address or network of the text, newest first, at most ${MAX_LISTED}: by whom, until when, why. For admins.`,
  state: 'named',
  least: 0,
  async run({ chat, session }, parameter) {
    const part = nameAlone(parameter)
    const found = await chat.addressBans.list(session, part)
    const { listed, lines } = newestFitting(found, entryOf, (entry) => entry.network + termsText(entry))
    const more = found.length - listed.length
    if (more > 0) lines.push(`and ${more} more, see /address-bans TEXT`)
    const text = lines.join('\n') || (part === '' ? 'No address is banned' : 'No such address bans')
    return { type: 'commandResult', result: text, addressBans: listed, ...(more > 0 && { more }) }
  },
}

function entryOf({ network, by, at, until, why }: AddressBan) {
  return { network, by, utctimestamp: timestamp(at), ...sanctionTerms({ until, why }) }
}
