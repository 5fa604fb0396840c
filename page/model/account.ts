/** Logging in and out, so that the browser keeps an access token and never a password. */
import type { CommandResult } from '../../commands/replies.ts'
import { openConnection } from '../../src/client/connection.ts'
import { RefusedError } from '../../src/client/errors.ts'
import { commandLine } from '../../src/client/requests.ts'
import { randomWord } from '../../src/client/room-lines.ts'
import { webSocket } from '../../src/client/websocket.ts'
import type { Chat, Credentials } from './chat.ts'
import { serverUrl } from './server.ts'
import { type Identity, identity } from './storage.ts'

type Ask = (line: string) => Promise<CommandResult>

/** Returns a new guest. */
export function guest(nickname: string): Identity {
  return { nickname, session: randomWord() }
}

/** Logs in to an account for as long as it takes to make an access token. @throws RefusedError, DisconnectedError */
export async function logIn(nickname: string, password: string): Promise<Credentials> {
  const connection = openConnection(webSocket(serverUrl()))
  try {
    await connection.run(commandLine('LOGIN', nickname, password))
    return (await tokenFor(nickname, connection.run)) ?? { nickname, password }
  } finally {
    connection.close()
  }
}

/** Makes the guest an account, which the browser then keeps. @throws RefusedError, DisconnectedError */
export async function register(chat: Chat, password: string) {
  await chat.command(`/register ${password}`)
  const account = await tokenFor(chat.nickname, (line) => chat.command(line))
  chat.client.usePassword(account?.token ?? password)
  identity.value = account
  await chat.identify()
}

/** Ends the access token of a user who logs out, who may have none. */
export async function revokeToken(chat: Chat, { tokenName }: Identity) {
  // Its end ends the connection, perhaps before the reply.
  if (tokenName) await chat.command(`/token revoke ${tokenName}`).catch(() => {})
}

/** Resolves with undefined when the account has too many tokens. */
async function tokenFor(nickname: string, ask: Ask): Promise<Identity | undefined> {
  const tokenName = `browser-${randomWord().slice(0, 6)}`
  try {
    const { token } = await ask(`/token create ${tokenName} until=90d`)
    return token?.value ? { nickname, token: token.value, tokenName } : undefined
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}
