import type { Sanction, SanctionRole } from '../src/chat/sanctions.ts'
import type { Command } from './command.ts'
import { timestamp } from './events.ts'
import { OK } from './replies.ts'
import { sanctionTerms, termsText } from './wording.ts'
import { nameAlone } from './words.ts'

/** Maximum bans or mutes in a reply, and bytes of their lines. The reply has each of them twice, and has to fit in the output queue. */
const MOST = 500
const MAX_BYTES = 65_536

export const bans = listCommand('bans', 'banned')
export const mutes = listCommand('mutes', 'muted')

function listCommand(word: 'bans' | 'mutes', role: SanctionRole): Command {
  return {
    name: `/${word}`,
    usage: `/${word} [<text>]`,
    help: `The ${word} of the room, or those with the text in their nickname or mask, the newest ${MOST} at most: whom, and whether its address too, by whom, until when, why.`,
    state: 'inRoom',
    least: 0,
    async run({ chat, session }, parameter) {
      const membership = session.inRoom()
      if (!(await chat.workTurns.next(session))) return OK
      const part = nameAlone(parameter)
      const found = await chat.moderation.expulsion[word](membership, part)
      const { listed, lines } = newest(found)
      const more = found.length - listed.length
      if (more > 0) lines.unshift(`${more} older, see /${word} TEXT`)
      const text = lines.join('\n') || (part === '' ? `Nobody is ${role}` : `No such ${word}`)
      return { type: 'commandResult', result: text, [word]: listed, ...(more > 0 && { more }) }
    },
  }
}

/** Returns the newest entries, as many as fit in a reply, and their lines for people, oldest first. */
function newest(found: readonly Sanction[]) {
  const listed: ReturnType<typeof entryOf>[] = []
  const lines: string[] = []
  let bytes = 0
  for (const sanction of found.slice(-MOST).reverse()) {
    const entry = entryOf(sanction)
    const line = (entry.address ? `${entry.to} and its address` : entry.to) + termsText(entry)
    bytes += Buffer.byteLength(line)
    if (bytes > MAX_BYTES) break
    listed.push(entry)
    lines.push(line)
  }
  return { listed: listed.reverse(), lines: lines.reverse() }
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
