/** docs/protocols/rooms-api.md, section 2: a refusal names the field, and what is allowed there. */
import { expect, test } from 'vitest'
import { apiStage } from './stage.ts'

const KINDS = 'message, joined, left, topic, kicked, role, mode, redacted'

test('a body that is refused: the field, and what is allowed', async () => {
  const { post, api, account } = await apiStage()
  for (const [body, detail] of [
    [{}, 'Missing field: text'],
    [{ text: 1 }, 'text must be a string'],
    [{ text: 'a', notice: 'yes' }, 'notice must be true or false'],
    [{ text: 'a', more: 1 }, 'Unknown field: more; there are text, action, notice, nonce'],
    [{ text: 'a', 'a/b': 1 }, 'Unknown field: a/b; there are text, action, notice, nonce'],
    [{ text: 'a', nonce: 'a b' }, 'nonce must be 1 to 64 letters, digits, _, -, . and :'],
    [[{ text: 'a' }, {}], 'Missing field: [1].text'],
    [[{ text: 'a' }, { text: 'a', nonce: '' }], '[1].nonce must be 1 to 64 letters, digits, _, -, . and :'],
    [['a'], '[0] must be an object with text, action, notice, nonce'],
    [[], 'The body must be a list of 1 to 256, each an object with text, action, notice, nonce'],
    ['"a"', 'The body must be an object with text, action, notice, nonce, or a list of 1 to 256 such objects'],
  ] as const) {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await post('ops', typeof body === 'string' ? body : JSON.stringify(body), '?as=ci', headers)
    expect(answer.body, detail).toMatchObject({ status: 400, code: 'invalid-request', detail })
  }
  const headers = await account('ann')
  for (const [path, body, detail] of [
    ['/api/tokens', { name: 'a', may: ['sing'] }, 'may[0] must be read or write'],
    ['/api/tokens', { name: 'a', may: 'read' }, 'may must be a list of at least 1, each read or write'],
    ['/api/tokens', { name: 'a', until: 'soon' }, 'until must be a time such as 2026-12-24T18:00:00Z'],
    ['/api/tokens', { name: 'a', rooms: [] }, 'rooms must be a list of at least 1, each a string'],
    ['/users/ci/messages', { text: 'a', action: true }, 'Unknown field: action; there are text, nonce'],
  ] as const) {
    const answer = await api('POST', path, { body, headers })
    expect(answer.body, detail).toMatchObject({ code: 'invalid-request', detail })
  }
})

test('parameters that are refused: the name, and those that there are', async () => {
  const { post, api } = await apiStage()
  await post('ops', 'x')
  for (const [path, detail] of [
    ['/rooms/ops/messages?since=-1h', 'Unknown parameter: since; there are limit, before, after, from, to, kinds, q'],
    ['/rooms/ops/messages?limit=0', 'limit must be a whole number from 1 to 1000'],
    ['/rooms/ops/messages?limit=x', 'limit must be a whole number from 1 to 1000'],
    ['/rooms/ops/messages?before=x', 'before must be an id, of up to 16 digits'],
    ['/rooms/ops/messages?kinds=x', `kinds must be one or several of ${KINDS}, separated by commas`],
    ['/rooms/ops/messages?q=', 'q must be a string of 1 to 1000 characters'],
    ['/rooms/ops/messages?q=a&q=b', 'q is given more than once'],
    [`/rooms?q=${'x'.repeat(201)}`, 'q must be a string of at most 200 characters'],
    ['/rooms/ops/members?x=1', 'Unknown parameter: x; this request has none'],
    ['/rooms/ops/stream?from=-1h', 'Unknown parameter: from; there are since, kinds'],
  ] as const) {
    expect((await api('GET', path)).body, path).toMatchObject({ status: 400, code: 'invalid-request', detail })
  }
  const split = await post('ops', 'x', '?as=ci&split=words')
  expect(split.body).toMatchObject({ code: 'invalid-request', detail: 'split must be lines' })
})
