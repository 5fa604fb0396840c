import { type Protocol, placed } from '../protocol.ts'

const OPTIONS = {
  chatroom: { type: 'port', default: 65_432, group: 'Listeners', describe: 'Chatroom over TLS' },
} as const

const load = () => import('./ports.ts')

/** Python-Chat-Room's protocol, which is always over TLS (docs/protocols/chatroom.md). */
export const chatroomProtocol: Protocol<typeof OPTIONS> = {
  name: 'chatroom',
  options: OPTIONS,
  load,
  needsTls: ({ chatroom }) => chatroom !== undefined,
  async listeners({ chatroom }, host) {
    const { chatroomListener } = await load()
    return placed([chatroom, () => chatroomListener(host)])
  },
}
