/** `roomd token`: makes, lists and ends the access tokens of an account. */
import { shownOnTerminal, shownTime } from './cells.ts'
import type { ControlOperation } from './operation.ts'

/** The operations on the access tokens `token` of the account `name`. */
export const TOKEN_OPERATIONS = {
  'token create': {
    usage: 'create ACCOUNT NAME',
    needs: ['name', 'token'],
    async *run({ administration, tokens }, { name, token, rooms, rights, until }) {
      const owner = await administration.ownerOf(name)
      // Alone on its line, so that a shell can assign it.
      yield { done: (await tokens.create(owner, { name: token, rooms, rights, until })).value }
    },
  },
  'token list': {
    usage: 'list ACCOUNT',
    needs: ['name'],
    async *run({ administration, tokens }, { name: account }) {
      const owner = await administration.ownerOf(account)
      yield { row: ['NAME', 'MAY', 'ROOMS', 'CREATED', 'UNTIL'] }
      for (const { name, rights, rooms, createdAt, until } of await tokens.list(owner)) {
        const end = until === undefined ? undefined : shownTime(until)
        const created = shownTime(createdAt)
        yield {
          row: [shownOnTerminal(name), rights.join(','), rooms?.join(',') ?? '-', created, end ?? '-'],
          object: { name, may: rights, ...(rooms && { rooms }), createdAt: created, ...(end && { until: end }) },
        }
      }
      yield { done: '' }
    },
  },
  'token revoke': {
    usage: 'revoke ACCOUNT NAME',
    needs: ['name', 'token'],
    async *run({ administration, tokens }, { name, token }) {
      const owner = await administration.ownerOf(name)
      await tokens.revoke(owner, token)
      yield { done: `revoked token ${token} of ${owner.name}` }
    },
  },
} satisfies Readonly<Record<string, ControlOperation>>
