import { shortened } from '../../../chat/text.ts'
import { isObject } from '../../json.ts'
import { alertmanagerText, grafanaText } from './alerts.ts'
import { discordText } from './discord.ts'
import { forgeEventOf, forgeText } from './forge.ts'
import { lineIn, type Payload, scalarIn } from './payload.ts'
import { slackText } from './slack.ts'

/** The formats of incoming webhooks (docs/protocols/rooms-api.md, section 2.7). */
type HookSource = 'slack' | 'discord' | 'alertmanager' | 'grafana' | 'forge' | 'text' | 'json'

export interface HookMessage {
  readonly source: HookSource
  /** Undefined for an event that is not worth a message. */
  readonly text: string | undefined
}

/** The headers that forges send with an event, in the order in which they count: Gitea sends GitHub's, too. */
const EVENT_HEADERS = ['x-forgejo-event', 'x-gitea-event', 'x-github-event'] as const

/** Returns the message of a webhook's payload, of at most `maxText` characters. `headers` have names in lower case. */
export function hookMessageOf(
  payload: Payload | string,
  headers: Readonly<Record<string, unknown>>,
  maxText: number,
): HookMessage {
  const { source, text } = messageOf(payload, headers, maxText)
  return { source, text: text === undefined ? undefined : shortened(text.trim(), maxText) }
}

function messageOf(
  payload: Payload | string,
  headers: Readonly<Record<string, unknown>>,
  maxText: number,
): HookMessage {
  if (typeof payload === 'string') return { source: 'text', text: payload }
  const header = EVENT_HEADERS.find((name) => scalarIn(headers[name]) !== '')
  const event = header === undefined ? forgeEventOf(payload) : scalarIn(headers[header])
  if (event !== undefined) return { source: 'forge', text: forgeText(event, payload) }
  const { alerts, orgId, title, version, groupKey, text, blocks, attachments, content, embeds } = payload
  if (Array.isArray(alerts)) {
    if (orgId !== undefined || typeof title === 'string') return { source: 'grafana', text: grafanaText(payload) }
    const isLabelled = alerts.some((alert) => isObject(alert) && isObject(alert.labels))
    if (version !== undefined || groupKey !== undefined || isLabelled)
      return { source: 'alertmanager', text: alertmanagerText(payload) }
  }
  if (typeof content === 'string' || Array.isArray(embeds)) return signed('discord', discordText(payload), payload)
  if (typeof text === 'string' || Array.isArray(blocks) || Array.isArray(attachments))
    return signed('slack', slackText(payload, maxText), payload)
  return { source: 'json', text: JSON.stringify(payload) }
}

/** Puts the name of the sender, which the payload may give, before the text; nobody can take the name of a user by it. */
function signed(source: HookSource, text: string, { username }: Payload): HookMessage {
  const name = lineIn(username)
  return { source, text: name === '' || text === '' ? text : `${name}: ${text}` }
}
