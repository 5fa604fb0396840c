const KEY = 'roomd'

interface Remembered {
  nickname?: string
  room?: string
}

/** Nickname and room of the last visit; never a password. */
export function remembered(): Remembered {
  try {
    const { nickname, room } = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return { ...(typeof nickname === 'string' && { nickname }), ...(typeof room === 'string' && { room }) }
  } catch {
    return {}
  }
}

export function remember({ nickname, room }: Remembered) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ nickname, room }))
  } catch {
    // A browser that keeps nothing works all the same.
  }
}
