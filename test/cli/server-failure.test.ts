import { expect, test } from 'vitest'
import { CommandFailure, EXIT } from '../../src/cli/failure.ts'
import { failureOf } from '../../src/cli/server-failure.ts'
import { DisconnectedError } from '../../src/client/errors.ts'

const identity = { nickname: 'ann', isChosen: true }
const reach = {
  server: 'chat.example:9090',
  dial: () => expect.fail('it has connected'),
  identity,
  roomPassword: undefined,
  canAsk: false,
}

test.for([
  ['unavailable', 'Temporarily unavailable', EXIT.unavailable],
  ['too-many-from-address', 'Too many connections from your address', EXIT.unavailable],
  ['address-banned', 'Your address is banned', EXIT.refused],
] as const)('%s is the word of a server that was reached', ([code, text, status]) => {
  const failure = failureOf(new DisconnectedError(text, code), reach)
  expect(failure).toBeInstanceOf(CommandFailure)
  expect(failure).toMatchObject({ status, message: `${text} (${code})` })
})

test.for([
  [new DisconnectedError('Room ops was closed', 'room-unknown'), 'Room ops was closed'],
  [new DisconnectedError('Kicked from ops by ann: spam', 'kicked'), 'Kicked from ops by ann: spam'],
] as const)('put out of a room, with the text alone: %s', ([error, message]) => {
  expect(failureOf(error, reach)).toMatchObject({ status: EXIT.refused, message })
})

test('without a word, the server was not reached', () => {
  const message = 'cannot reach chat.example:9090: is roomd running there? (--server, ROOMD_SERVER)'
  expect(failureOf(new DisconnectedError(), reach)).toMatchObject({ status: EXIT.unavailable, message })
})
