import { MAX_MASKS } from '../../chat/expulsion.ts'
import { LONGEST_NAME, SLUG_RULE } from '../../chat/names.ts'
import { slicesOf } from '../../slices.ts'

/** Limits that RPL_ISUPPORT tells and commands enforce. */
export const IRC_LIMITS = {
  /** `#` and the longest slug; older rooms, and those of other protocols, may have longer names. */
  channel: 1 + SLUG_RULE.maxLength,
  key: 72,
  topic: 300,
  reason: 300,
  away: 200,
  realName: 128,
  modes: 4,
  targets: 4,
  monitored: 100,
  history: 1_000,
  conditions: 20,
} as const

/** Number of tokens in a line (Modern IRC Client Protocol, "RPL_ISUPPORT"). */
const TOKENS = 13

const COMMANDS_WITH_TARGETS = ['KICK', 'NOTICE', 'PRIVMSG']

/** Returns the tokens of RPL_ISUPPORT, line by line (docs/protocols/irc.md, section 2). */
export function isupport(): (readonly string[])[] {
  const targets = COMMANDS_WITH_TARGETS.map((name) => `${name}:${IRC_LIMITS.targets}`)
    .concat('JOIN:', 'NAMES:1', 'PART:', 'WHOIS:1')
    .join(',')
  const tokens = [
    'NETWORK=roomd',
    'CASEMAPPING=ascii',
    'CHANTYPES=#',
    'CHANLIMIT=#:',
    'CHANMODES=b,k,l,imnst',
    'PREFIX=(ov)@+',
    `MAXLIST=b:${MAX_MASKS}`,
    `MODES=${IRC_LIMITS.modes}`,
    `NICKLEN=${LONGEST_NAME}`,
    `USERLEN=${LONGEST_NAME + 1}`,
    'HOSTLEN=13',
    `NAMELEN=${IRC_LIMITS.realName}`,
    `CHANNELLEN=${IRC_LIMITS.channel}`,
    `KEYLEN=${IRC_LIMITS.key}`,
    `TOPICLEN=${IRC_LIMITS.topic}`,
    `KICKLEN=${IRC_LIMITS.reason}`,
    `AWAYLEN=${IRC_LIMITS.away}`,
    `TARGMAX=${targets}`,
    `MONITOR=${IRC_LIMITS.monitored}`,
    'WHOX',
    'ELIST=MNU',
    'UTF8ONLY',
    'BOT=B',
    `CHATHISTORY=${IRC_LIMITS.history}`,
    'MSGREFTYPES=msgid,timestamp',
    'SAFELIST',
    'LINELEN=512',
  ]
  return [...slicesOf(tokens, TOKENS)]
}
