/** Lines that only the rooms of the library send. */
import { isQuoted } from './requests.ts'

/** Returns a line that says a text to the letter, and may be sent again. The text is not blank. */
export function nonceLine(text: string, nonce: string, command = 'MESSAGE'): string {
  const parameter = isQuoted(text) || /^\s|\s$/.test(text) ? JSON.stringify(text) : text
  return `${command} nonce=${nonce} ${parameter}`
}

/** Returns a nickname as a parameter of commands for moderation. */
export function nicknameWord(nickname: string): string {
  return /\s/.test(nickname) ? `"${nickname}"` : nickname
}

/** Returns a word that nobody else makes. */
export function randomWord(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36).padStart(7, '0')).join('')
}
