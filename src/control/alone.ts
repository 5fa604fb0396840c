/** An operation without a daemon, on the store itself; loaded only if no daemon runs. */
import { existsSync } from 'node:fs'
import { Chat } from '../chat/chat.ts'
import { type Config, ConfigError, fileOf } from '../config.ts'
import { EngineFault } from '../engine/errors.ts'
import { engineOf } from '../engines.ts'
import type { ControlReply } from './operation.ts'
import { type ControlRequest, carryOut } from './operations.ts'
import { controlPathOf } from './socket.ts'

/** Engine settings that change nothing in the store. */
const UNCHANGED = { lobby: undefined, keep: { days: 0, events: 0 } }
/** Engine observer that ignores all reports. */
const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }

/** Runs a request without a daemon; on Redis as a node of its own. */
export async function* carryOutAlone(config: Config, request: ControlRequest): AsyncGenerator<ControlReply> {
  const file = fileOf(config)
  if (config.redis === undefined) {
    if (file === undefined) throw new ConfigError('--data :memory: keeps nothing')
    if (!existsSync(file)) throw new ConfigError(`there is no ${file}`)
  }
  const engine = await engineOf(config, UNCHANGED, QUIET)
  await engine.start().catch((error: unknown) => {
    if (file === undefined || !(error instanceof EngineFault)) throw error
    throw new EngineFault(`no daemon listens at ${controlPathOf(config.data)}, and ${error.message}`, { cause: error })
  })
  const { admins, 'max-text': maxText, 'piratchat-session': ticketSeconds } = config
  const chat = new Chat(engine, { admins, maxText, ticketMs: ticketSeconds * 1_000 })
  try {
    if ((await engine.rooms.count()) === 0) throw new ConfigError('the store is empty')
    yield* carryOut(chat, request)
  } finally {
    await chat.stop()
    await engine.stop()
  }
}
