import { Refusal } from '../src/chat/refusal.ts'
import type { Command } from './command.ts'
import { result } from './replies.ts'

/** Stricter than the core's names (protocols/line.md, 2.3). */
const NICKNAME = /^[0-9a-zA-Z]{3,16}$/

export const login: Command = {
  name: 'LOGIN',
  usage: 'LOGIN <nickname>',
  help: 'Take a nickname: 3 to 16 letters and digits.',
  state: 'anonymous',
  least: 1,
  run({ chat, session }, nickname) {
    if (!NICKNAME.test(nickname)) throw new Refusal('name-invalid')
    chat.login(session, nickname)
    return result(`Username set to ${nickname}`)
  },
}
