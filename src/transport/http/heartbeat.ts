import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

export interface Heartbeat {
  /** ms between pings. */
  readonly every: number
  /** ms of silence, more than between pings, within which a client is taken for dead. */
  readonly silence: number
}

export interface HeartbeatOwner {
  /** Whether the client has to read what was sent to it before it is read again. */
  isBehind(): boolean
  /** Called when the client has been silent for too long. */
  drop(): void
}

/** Pings a client as often as it is told to, and looks as often as it takes to drop nobody late. */
export function watchHeartbeat(
  websocket: WebSocket,
  socket: Socket,
  { every, silence }: Heartbeat,
  owner: HeartbeatOwner,
): void {
  const step = Math.min(every, silence - every)
  let heard = 0
  let heardAt = Date.now()
  let asked = heardAt

  /** Whether the client has sent something since it was asked last, or, where it is not read, taken something. */
  const isAlive = () => {
    const behind = owner.isBehind()
    const now = behind ? socket.bytesWritten - socket.writableLength : socket.bytesRead
    const same = now === heard
    heard = now
    return !same || (websocket.isPaused && !behind)
  }

  const timer = setInterval(() => {
    const now = Date.now()
    if (isAlive()) heardAt = now
    // A sign of life is seen up to a step late; half a step is for timers that are.
    else if (now - heardAt >= silence - 1.5 * step) return owner.drop()
    if (now - asked < every - step / 2) return
    asked = now
    if (websocket.readyState === websocket.OPEN) websocket.ping()
  }, step).unref()
  socket.on('close', () => clearInterval(timer))
}
