import type { Command } from './command.ts'

export const whoami: Command = {
  name: '/whoami',
  usage: '/whoami',
  help: 'Your nickname, and whether it is an account and an admin.',
  state: 'named',
  least: 0,
  async run({ chat, session }) {
    const { name, account, admin } = await chat.settings.profile(session)
    const kind = admin ? 'an admin' : account ? 'an account' : 'a guest'
    return { type: 'commandResult', result: `You are ${name}, ${kind}`, user: { nickname: name, account, admin } }
  },
}
