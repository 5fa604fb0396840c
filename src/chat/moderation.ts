import type { Engine } from '../engine/engine.ts'
import { Expulsion } from './expulsion.ts'
import { ModeratorActions, type ModeratorActionsParts } from './moderator-actions.ts'
import type { NewsChannel } from './news.ts'
import type { Reader } from './reader.ts'
import { Redaction } from './redaction.ts'
import { Roles } from './roles.ts'
import { RoomSettings, type RoomSettingsParts } from './room-settings.ts'

interface ModerationParts extends RoomSettingsParts, ModeratorActionsParts {
  readonly reader: Reader
  readonly news: NewsChannel
}

/**
 * The rights of the operators of a room (docs/protocols/moderation.md, section 2). Each action is an event in the room's log. All of them
 * refuse with `not-in-room`, `not-permitted` and `unavailable`.
 */
export class Moderation {
  readonly roles: Roles
  readonly expulsion: Expulsion
  readonly settings: RoomSettings
  readonly redaction: Redaction

  constructor(engine: Engine, parts: ModerationParts) {
    const actions = new ModeratorActions(engine, parts)
    this.roles = new Roles(actions, parts.news)
    this.expulsion = new Expulsion(actions)
    this.settings = new RoomSettings(actions, parts)
    this.redaction = new Redaction(actions, parts.reader)
  }
}
