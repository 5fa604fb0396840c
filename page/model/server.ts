/** The server as somebody sees it who has not logged in. */
import type { Limits } from '../../commands/replies.ts'
import { openConnection } from '../../src/client/connection.ts'
import type { RoomEntry } from '../../src/client/roomd-client.ts'
import { webSocket } from '../../src/client/websocket.ts'

export interface ServerNews {
  readonly limits: Limits | undefined
  /** Public rooms, busiest first. */
  readonly rooms: readonly RoomEntry[]
}

/** The URL of the line protocol, beside that of the page. */
export function serverUrl() {
  const url = new URL('line', document.baseURI)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.hash = url.search = ''
  return url
}

/** Asks the server what it is. Resolves with undefined when it cannot be reached. */
export async function askServer(): Promise<ServerNews | undefined> {
  const connection = openConnection(webSocket(serverUrl()))
  try {
    const { limits } = await connection.run('/limits')
    const { rooms = [] } = await connection.run('/rooms')
    return { limits, rooms }
  } catch {
    return undefined
  } finally {
    connection.close()
  }
}
