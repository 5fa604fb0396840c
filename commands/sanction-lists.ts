import type { Sanction, SanctionRole } from '../src/chat/sanctions.ts'
import type { Command } from './command.ts'
import { timestamp } from './events.ts'
import { MAX_LISTED, newestFitting } from './newest-fitting.ts'
import { OK } from './replies.ts'
import { sanctionTerms, termsText } from './wording.ts'
import { nameAlone } from './words.ts'

export const bans = listCommand('bans', 'banned')
export const mutes = listCommand('mutes', 'muted')

function listCommand(word: 'bans' | 'mutes', role: SanctionRole): Command {
  return {
    name: `/${word}`,
    usage: `/${word} [<text>]`,
    help: `The ${word} of the room, or those with the text in their nickname or mask, the newest ${MAX_LISTED} at most: whom, and whether its address too, by whom, until when, why.`,
    state: 'inRoom',
    least: 0,
    async run({ chat, session }, parameter) {
      const membership = session.inRoom()
      if (!(await chat.workTurns.next(session))) return OK
      const part = nameAlone(parameter)
      const found = await chat.moderation.expulsion.list(membership, role, part)
      // People read the newest last.
      const { listed, lines } = newestFitting(found.slice(-MAX_LISTED).reverse(), entryOf, lineOf)
      const more = found.length - listed.length
      if (more > 0) lines.push(`${more} older, see /${word} TEXT`)
      const text = lines.reverse().join('\n') || (part === '' ? `Nobody is ${role}` : `No such ${word}`)
      return { type: 'commandResult', result: text, [word]: listed.reverse(), ...(more > 0 && { more }) }
    },
  }
}

function lineOf(entry: ReturnType<typeof entryOf>): string {
  return (entry.address ? `${entry.to} and its address` : entry.to) + termsText(entry)
}

function entryOf({ to, by, at, addressDigest, until, why }: Sanction) {
  return {
    to,
    by,
    utctimestamp: timestamp(at),
    ...(addressDigest !== undefined && { address: true as const }),
    ...sanctionTerms({ until, why }),
  }
}
