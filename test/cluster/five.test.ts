/** The conversation of all protocols, with each client on another node. */
import { test } from 'vitest'
import { raid } from '../protocols/raid.ts'
import { play } from '../protocols/script.ts'
import { RedisServer, withRedis } from '../support/redis.ts'
import { startNodesHere } from './nodes.ts'

const PARTS = ['ann', 'web', 'irc', 'box', 'win', 'pirate', 'globe', 'watcher'] as const

withRedis('a conversation across nodes', () => {
  const server = RedisServer.forAll()

  test.for([2, 3])('one script of events through six protocols on %i nodes', async (count) => {
    const urls = Array.from({ length: count }, () => server.url)
    const nodes = await startNodesHere(urls, { chatterbox: 0, chatroom: 0, irc: 0, http: 0 })
    await play((part) => {
      const node = nodes[PARTS.indexOf(part) % count]
      if (!node) throw new Error('there is a node')
      return node.daemon
    })
  })
  test('a raid through six protocols and its end, with operator and raiders on different nodes', async () => {
    const options = { chatterbox: 0, chatroom: 0, http: 0, admins: 'ann' }
    const [operator, raiders] = await startNodesHere([server.url, server.url], options)
    if (!operator || !raiders) throw new Error('there are two')
    await raid({ operator: operator.daemon, raiders: raiders.daemon })
  })
})
