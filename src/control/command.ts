/** `roomd room`, `account`, `address` and `token`: sends a request to the daemon, or opens the store itself if none is running. */
import { existsSync } from 'node:fs'
import { Chat } from '../chat/chat.ts'
import type { AccountMarks } from '../chat/credentials.ts'
import { type Config, ConfigError, checkConfig } from '../config.ts'
import { EngineFault } from '../engine/engine.ts'
import { engineOf, fileOf } from '../engines.ts'
import { askDaemon } from './client.ts'
import { type ControlRequest, carryOut } from './operations.ts'
import { readNewPassword } from './password.ts'
import type { ControlReply } from './reply.ts'
import { controlPathOf } from './socket.ts'
import { tokenRequestOf } from './token-operations.ts'

/** Engine settings that change nothing in the store. */
const UNCHANGED = { lobby: undefined, keep: { days: 0, events: 0 } }
/** Engine observer that ignores all reports. */
const QUIET = { trouble: () => {}, recovered: () => {}, died: () => {} }

/** Actions of the commands, for errors. */
const ACTIONS = {
  room: 'list, close NAME',
  account: 'list, remove NAME, password NAME, NAME --admin, NAME --bot',
  address: 'list, remove NETWORK',
  token: 'create ACCOUNT NAME, list ACCOUNT, revoke ACCOUNT NAME',
} as const

/**
 * Runs a command of the operator. Resolves with true if it succeeds.
 *
 * @throws {ConfigError}
 * @throws {EngineFault}
 */
export async function operate(
  command: 'room' | 'account' | 'address' | 'token',
  options: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const config = checkConfig(options)
  const { action } = options
  if (action === undefined && options.admin === undefined && options.bot === undefined) {
    throw new ConfigError(`${command} needs an action: ${ACTIONS[command]}`)
  }
  const request = command === 'token' ? tokenRequestOf(options) : await controlRequestOf(command, options)
  const path = fileOf(config) === undefined ? undefined : controlPathOf(config.data)
  const asked = path === undefined ? undefined : await askDaemon(path, request)
  return print(asked ?? carryOutAlone(config, request))
}

async function controlRequestOf(
  command: 'room' | 'account' | 'address',
  { action, name, admin, bot }: Readonly<Record<string, unknown>>,
): Promise<ControlRequest> {
  const marks = { ...(typeof admin === 'boolean' && { admin }), ...(typeof bot === 'boolean' && { bot }) }
  if (Object.keys(marks).length > 0) return markRequestOf(name === undefined ? action : undefined, marks)
  const request = await requestOf(`${command} ${action}`, name)
  if (!request) throw new ConfigError(`${command} ${action} is unknown; the actions are: ${ACTIONS[command]}`)
  return request
}

/** Resolves with undefined for an unknown action. */
async function requestOf(action: string, name: unknown): Promise<ControlRequest | undefined> {
  switch (action) {
    case 'room list':
    case 'account list':
    case 'address list':
      if (name !== undefined) throw new ConfigError(`${action} takes no name`)
      return { action }
    case 'room close':
    case 'account remove':
    case 'address remove':
      return { action, name: nameOf(action, name) }
    case 'account password':
      return { action, name: nameOf(action, name), password: await readNewPassword(nameOf(action, name)) }
    default:
      return undefined
  }
}

/** Returns the request of `roomd account NAME --admin` and the like. */
function markRequestOf(name: unknown, marks: AccountMarks): ControlRequest {
  return { action: 'account mark', name: nameOf('account --admin, --no-admin, --bot or --no-bot', name), ...marks }
}

function nameOf(action: string, name: unknown): string {
  if (typeof name !== 'string' || name === '') throw new ConfigError(`${action} needs a name`)
  return name
}

/** Runs a request without a daemon; on Redis as a node of its own. */
async function* carryOutAlone(config: Config, request: ControlRequest): AsyncGenerator<ControlReply> {
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
  const chat = new Chat(engine, { maxText: config['max-text'], ticketMs: config['piratchat-session'] * 1_000 })
  try {
    if ((await engine.rooms.count()) === 0) throw new ConfigError('the store is empty')
    yield* carryOut({ chat, admins: config.admins }, request)
  } finally {
    await chat.stop()
    await engine.stop()
  }
}

/** Prints the replies. Resolves with true if the operation succeeds. */
async function print(replies: AsyncIterable<ControlReply>): Promise<boolean> {
  const rows: (readonly string[])[] = []
  let done = false
  for await (const reply of replies) {
    if ('row' in reply) rows.push(reply.row)
    else if ('warning' in reply) process.stderr.write(`roomd: warning: ${reply.warning}\n`)
    else if ('failed' in reply) process.stderr.write(`roomd: ${reply.failed}\n`)
    else {
      done = true
      await write(rows.length > 0 ? tableOf(rows) : `${reply.done}\n`)
    }
  }
  return done
}

/** Writes to standard output; ignores EPIPE, as of `| head`. */
function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? resolve() : reject(error)))
    process.stdout.write(text, () => resolve())
  })
}

/** Formats rows as columns, at least two spaces apart. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  )
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}
