import { LONGEST_NAME } from '../../chat/names.ts'

/** Limits that RPL_ISUPPORT tells and commands enforce. */
export const LIMITS = {
  channel: 71,
  topic: 300,
  reason: 300,
  away: 200,
  modes: 4,
  targets: 4,
  monitored: 100,
  history: 1_000,
} as const

/** Number of tokens in a line (Modern IRC Client Protocol, "RPL_ISUPPORT"). */
const TOKENS = 13

const COMMANDS_WITH_TARGETS = ['JOIN', 'KICK', 'NAMES', 'NOTICE', 'PART', 'PRIVMSG', 'WHOIS']

/** Returns the tokens of RPL_ISUPPORT, line by line (docs/protocols/irc.md, section 2). */
export function isupport(): string[][] {
  const targets = COMMANDS_WITH_TARGETS.map((name) => `${name}:${LIMITS.targets}`).join(',')
  const tokens = [
    'NETWORK=roomd',
    'CASEMAPPING=ascii',
    'CHANTYPES=#',
    'CHANMODES=b,k,,imnst',
    'PREFIX=(ov)@+',
    `MODES=${LIMITS.modes}`,
    `NICKLEN=${LONGEST_NAME}`,
    `CHANNELLEN=${LIMITS.channel}`,
    `TOPICLEN=${LIMITS.topic}`,
    `KICKLEN=${LIMITS.reason}`,
    `AWAYLEN=${LIMITS.away}`,
    `TARGMAX=${targets}`,
    `MONITOR=${LIMITS.monitored}`,
    'WHOX',
    'ELIST=MU',
    'UTF8ONLY',
    'BOT=B',
    `CHATHISTORY=${LIMITS.history}`,
    'MSGREFTYPES=msgid,timestamp',
    'SAFELIST',
    'LINELEN=512',
  ]
  const lines: string[][] = []
  for (let start = 0; start < tokens.length; start += TOKENS) lines.push(tokens.slice(start, start + TOKENS))
  return lines
}
