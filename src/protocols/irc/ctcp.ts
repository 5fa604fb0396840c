/** CTCP ("Client-to-Client Protocol"), of which roomd knows ACTION; the rest passes between IRC clients. */
const MARK = '\x01'
const ACTION = `${MARK}ACTION `

/** Bytes of an action beside its text. */
export const ACTION_BYTES = ACTION.length + MARK.length

/** Returns true for a request or answer of CTCP that is not stored: all but ACTION. */
export function isRequest(text: string): boolean {
  return text.startsWith(MARK) && !text.startsWith(ACTION)
}

/** Returns the text of an ACTION; undefined for others. */
export function actionOf(text: string): string | undefined {
  if (!text.startsWith(ACTION)) return undefined
  return text.slice(ACTION.length, text.endsWith(MARK) ? -MARK.length : undefined)
}

export function actionText(text: string): string {
  return `${ACTION}${text}${MARK}`
}
