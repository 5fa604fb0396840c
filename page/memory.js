const KEY = 'roomd'

/** @typedef {{ nickname?: string, room?: string }} Remembered */

/**
 * What the last visit has left; never a password.
 * @returns {Remembered}
 */
export function remembered() {
  try {
    const { nickname, room } = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return { ...(typeof nickname === 'string' && { nickname }), ...(typeof room === 'string' && { room }) }
  } catch {
    return {}
  }
}

/** @param {Remembered} visit */
export function remember({ nickname, room }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ nickname, room }))
  } catch {
    // A browser that keeps nothing works all the same.
  }
}
