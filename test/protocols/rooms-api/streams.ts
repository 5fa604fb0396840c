/** The streams of the rooms API on a core that the test has in its hands. */
import type { Chat } from '../../../src/chat/chat.ts'
import { Session } from '../../../src/chat/session.ts'
import type { RoomsApiOptions } from '../../../src/protocols/rooms-api/context.ts'
import { roomsApiRoutes } from '../../../src/protocols/rooms-api/routes.ts'
import type { HttpPortOptions } from '../../../src/transport/http/options.ts'
import * as core from '../../chat/stage.ts'
import { StreamClient, type StreamOptions } from '../../clients/stream.ts'
import { openPort, socketOptions } from '../../support/http.ts'

export const PASSWORD = 'zebra umbrella 1234'

export async function streamStage(options: Partial<RoomsApiOptions> = {}, port: Partial<HttpPortOptions> = {}) {
  const stage = await core.stage()
  const { chat } = stage
  const served = await serveStreams(chat, options, port)
  /** A guest in a room, and what makes it speak. */
  const speaker = async (name: string, room: string) => {
    const session = await stage.guest(name, room)
    const say = async (...texts: string[]) => {
      const said = []
      for (const text of texts) said.push(await core.say(chat, session, text))
      return said
    }
    return { session, say }
  }
  /** The owner of a new account, logged in. */
  const account = async (name: string, room?: string) => {
    await chat.accounts.register(name, PASSWORD, '')
    const session = new Session(core.silent)
    await chat.login(session, await chat.accounts.authenticate(name, PASSWORD, core.HERE))
    if (room !== undefined) await core.enter(chat, session, room)
    return session
  }
  return { ...stage, ...served, speaker, account }
}

/** The rooms API on a core. */
export async function serveStreams(
  chat: Chat,
  options: Partial<RoomsApiOptions> = {},
  port: Partial<HttpPortOptions> = {},
) {
  const all: RoomsApiOptions = {
    ...socketOptions(),
    chat,
    publicRead: 'always',
    hooksPrivate: false,
    ...options,
  }
  const opened = await openPort(roomsApiRoutes(all), port)
  const stream = (path: string, asked?: StreamOptions) => StreamClient.open(opened.port, path, asked)
  return { ...opened, stream }
}
