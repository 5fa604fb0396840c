/** Incoming webhooks (docs/protocols/rooms-api.md, section 2.7 and point 10 of the checklist). */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../../../support/client.ts'
import { startTestDaemon, type TestDaemon } from '../../../support/daemon.ts'
import * as payloads from './payloads.ts'
import { accepted, ask, dial, PASSWORD, receiver } from './receiver.ts'

let daemon: TestDaemon
let ann: LineClient
let token: string

beforeAll(async () => {
  daemon = await startTestDaemon({ http: 0, 'hooks-private': true, trusted: '127.0.0.1' })
  ann = await LineClient.connect(daemon)
  ann.send('LOGIN ann', `/register ${PASSWORD}`, 'JOIN ops')
  await ann.until(({ type }) => type === 'userJoined')
  token = await tokenWith({ name: 'hook', rooms: ['ops'], may: ['write'] })
})

afterAll(async () => {
  ann.socket.destroy()
  await daemon.stop()
})

async function tokenWith(request: object): Promise<string> {
  const { body } = await ask(daemon, 'POST', '/api/tokens', request)
  return body.value
}

async function post(body: string | Uint8Array, headers: Record<string, string> = {}, secret = token, to = daemon) {
  const response = await fetch(`http://127.0.0.1:${to.port('http')}/hooks/${secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as string,
  })
  const type = response.headers.get('content-type')
  return { status: response.status, type, text: await response.text() }
}

/** The texts of the next messages in the room. */
async function said(count: number): Promise<string[]> {
  const texts: string[] = []
  while (texts.length < count) {
    const line = await ann.next()
    if (line.type === 'message') texts.push(line.body)
  }
  return texts
}

const OK = { status: 200, type: 'text/plain; charset=utf-8', text: 'ok' }

test('each program is answered as it expects, and the room gets one readable message', async () => {
  const cases: [object, Record<string, string>, number][] = [
    [payloads.SLACK, {}, 200],
    [payloads.DISCORD, {}, 204],
    [payloads.ALERTMANAGER, { 'user-agent': 'Alertmanager/0.28' }, 200],
    [payloads.GRAFANA, {}, 200],
    [
      payloads.GITHUB_PUSH,
      { 'x-github-event': 'push', 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958' },
      200,
    ],
    [payloads.GITEA_PUSH, { 'x-gitea-event': 'push', 'x-github-event': 'push' }, 200],
    [{ build: 7 }, {}, 200],
  ]
  for (const [payload, headers, status] of cases) {
    const answer = await post(JSON.stringify(payload), headers)
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer).toEqual(OK)
  }
  const texts = await said(cases.length)
  expect(texts.map((text) => text.split('\n', 1)[0])).toEqual([
    'Uptime: @here shop (https://shop.example.org) is down & out',
    'Jellyfin: New film',
    expect.stringMatching(/^\[FIRING:1\] HighLatency /),
    '[FIRING:1] Disk almost full Machines (db-1)',
    expect.stringMatching(/^\[acme\/shop\] ann pushed 2 commits to main/),
    expect.stringMatching(/^\[acme\/shop\] ann pushed 1 commit to develop/),
    '{"build":7}',
  ])
})

test('reviews of Gitea tell of what was done to which pull request, and those of GitHub in words', async () => {
  for (const kind of ['approved', 'rejected', 'comment']) {
    const event = `pull_request_${kind}`
    const headers = {
      'x-gitea-event': event,
      'x-gitea-event-type': `pull_request_review_${kind}`,
      'x-github-event': event,
    }
    expect(await post(JSON.stringify(payloads.giteaReview(kind)), headers)).toEqual(OK)
    expect(await post(JSON.stringify(payloads.giteaReview(kind)))).toEqual(OK)
  }
  const changes = { ...payloads.GITHUB_REVIEW, review: { state: 'changes_requested', body: null } }
  expect(await post(JSON.stringify(changes), { 'x-github-event': 'pull_request_review' })).toEqual(OK)
  const at = 'pull request #12: Round prices https://git.example.org/acme/shop/pulls/12 "By a cent."'
  expect(await said(7)).toEqual([
    ...['approved', 'requested changes to', 'commented on'].flatMap((done) =>
      Array(2).fill(`[acme/shop] ann ${done} ${at}`),
    ),
    '[acme/shop] ann requested changes to pull request #12: Round prices https://github.com/acme/shop/pull/12',
  ])
})

test('a library for Discord that waits for its message gets it', async () => {
  for (const wait of ['true', 'True']) {
    const { status, text } = await post('{"content":"deployed","username":"ci"}', {}, `${token}?wait=${wait}`)
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { id: expect.stringMatching(/^\d+$/), type: 0, content: 'ci: deployed', attachments: [], embeds: [] },
    ])
  }
  expect(await post('{"content":"hi"}', {}, `${token}?wait=false`)).toMatchObject({ status: 204 })
  expect(await post('{"text":"hi"}', {}, `${token}?wait=true`)).toEqual(OK)
  expect(await said(4)).toEqual(['ci: deployed', 'ci: deployed', 'hi', 'hi'])
})

test('a form of several parts has the payload in a field; without one it is refused', async () => {
  const formPost = async (fields: Record<string, string | Blob>) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    const url = `http://127.0.0.1:${daemon.port('http')}/hooks/${token}`
    const response = await fetch(url, { method: 'POST', body: form })
    return { status: response.status, text: await response.text() }
  }
  const file = new Blob([Uint8Array.of(0xff, 13, 10, 13, 10, 0)])
  const payload_json = JSON.stringify({ content: 'Grüße\r\n\r\n--', username: 'cam' })
  expect(await formPost({ 'files[0]': file, payload_json })).toEqual({ status: 204, text: '' })
  expect(await formPost({ payload: '{"text":"from a form"}', thumb: file })).toEqual({ status: 200, text: 'ok' })
  expect(await said(2)).toEqual(['cam: Grüße\n\n--', 'from a form'])
  expect(await formPost({ payload: 'no JSON' })).toMatchObject({ status: 400 })
  for (const fields of [{}, { content: 'name="payload"' }, { file }]) {
    const { status, text } = await formPost(fields)
    expect(status).toBe(415)
    expect(JSON.parse(text).detail).toMatch(/payload_json; other types are application\/json/)
  }
})

test('a form is read by its delimiters, and the names of its fields are no names of files', async () => {
  const type = { 'content-type': 'multipart/form-data; charset=utf-8; boundary="x y"' }
  const header = 'content-disposition: form-data; name='
  const decoy = `${header}payload\r\n\r\n{"text":"decoy"}\r\n`
  const part = `--x y\r\ncontent-type: application/json\r\n${header}payload\r\n\r\n{"text":"meant"}\r\n`
  expect(await post(`--no delimiter\r\n${decoy}${part}--x y--\r\n`, type)).toEqual(OK)
  for (const filename of ['a; name=payload', 'a\\"; name=payload; b=\\"', 'a"; b="; name=payload'])
    expect(
      await post(`--x y\r\n${header}thumb; filename="${filename}"\r\n\r\n{"text":"decoy"}\r\n${part}`, type),
    ).toEqual(OK)
  expect(await said(4)).toEqual(Array(4).fill('meant'))
  expect(await post(`--x y\r\n\r\n--x y--\r\n${decoy}`, type)).toMatchObject({ status: 415 })
  expect(await post(part, { 'content-type': 'multipart/form-data' })).toMatchObject({ status: 415 })
})

test('the time that a form takes grows no faster than its size', async () => {
  const type = { 'content-type': 'multipart/form-data; boundary=x' }
  for (const repeated of ['content-disposition:\r', 'content-disposition:; name="', '; name="\\"', '\r\n--x\r\n\r\n']) {
    const head = repeated.startsWith(';') ? `content-disposition:${repeated}` : repeated
    const lines = head + repeated.repeat(1_000_000 / repeated.length)
    expect(await post(`--x\r\n${lines}\r\n\r\nq\r\n--x--`, type)).toMatchObject({ status: 415 })
  }
})

test('alerts that Alertmanager and Grafana have left out are counted', async () => {
  expect(await post(JSON.stringify({ ...payloads.ALERTMANAGER, truncatedAlerts: 5 }))).toEqual(OK)
  const alerts = Array(12).fill(payloads.GRAFANA.alerts[0])
  expect(await post(JSON.stringify({ ...payloads.GRAFANA, alerts, truncatedAlerts: 3 }))).toEqual(OK)
  expect((await said(2)).map((text) => text.split('\n').at(-1))).toEqual(['… and 5 more', '… and 5 more'])
})

test('forms, texts and what has no type', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const payload = (value: object) => new URLSearchParams({ payload: JSON.stringify(value) }).toString()
  expect(await post(payload({ text: 'of a form' }), form)).toEqual(OK)
  expect(await post(payload(payloads.GITHUB_PING), { ...form, 'x-github-event': 'ping' })).toEqual(OK)
  expect(await post('deploy done & dusted', form)).toEqual(OK)
  expect(await post('{"text": "of curl -d"}', form)).toEqual(OK)
  expect(await post('1.10', form)).toEqual(OK)
  expect(await post('{"text": "as it is"}', { 'content-type': 'text/plain; charset=utf-8' })).toEqual(OK)
  expect(await post('{"text": "guessed"}', { 'content-type': 'application/octet-stream' })).toEqual(OK)
  expect(await post('no JSON', { 'content-type': 'application/octet-stream' })).toEqual(OK)
  expect(await post('"a text"')).toEqual(OK)
  expect(await post('[1, 2]')).toEqual(OK)
  expect(await said(10)).toEqual([
    'of a form',
    '[acme/shop] the webhook works: Keep it logically awesome.',
    'deploy done & dusted',
    'of curl -d',
    '1.10',
    '{"text": "as it is"}',
    'guessed',
    'no JSON',
    'a text',
    '[1,2]',
  ])
})

test('a delivery that is repeated is said once, and a step of a workflow not at all', async () => {
  const delivery = { 'x-github-event': 'issues', 'x-github-delivery': '11111111-cc78-11e3-81ab-4c9367dc0958' }
  const issue = JSON.stringify(payloads.GITHUB_ISSUE)
  for (let time = 0; time < 2; time++) expect(await post(issue, delivery)).toEqual(OK)
  for (let time = 0; time < 2; time++) expect(await post('{"text":"keyed"}', { 'idempotency-key': 'k' })).toEqual(OK)
  const requested = JSON.stringify({ ...payloads.GITHUB_WORKFLOW_RUN, action: 'requested' })
  expect(await post(requested, { 'x-github-event': 'workflow_run' })).toEqual(OK)
  await post('{"text":"end"}')
  expect(await said(3)).toEqual([expect.stringContaining('opened issue #7'), 'keyed', 'end'])
})

test('a payload is a message however long it is, up to a megabyte', async () => {
  expect(await post(JSON.stringify({ text: 'x'.repeat(100_000) }))).toEqual(OK)
  expect(await said(1)).toEqual([`${'x'.repeat(3_999)}…`])
  const refused = await post(JSON.stringify({ text: 'x'.repeat(1_100_000) }))
  expect(JSON.parse(refused.text)).toMatchObject({ status: 413, code: 'body-too-large' })
  for (const body of ['{', '', '{"text":""}', new Uint8Array([0x22, 0xff, 0x22])])
    expect([body, (await post(body)).status]).toEqual([body, 400])
})

test('a payload that is nested deeply or has a great many parts does no harm', async () => {
  const nested = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000)
  for (const body of [nested('[', ']'), `{"x":${nested('[', ']')}}`])
    expect(await post(body)).toMatchObject({ status: 400, type: 'application/problem+json; charset=utf-8' })
  const alerts = (count: number) => JSON.stringify({ version: '4', alerts: Array(count).fill({}) })
  const keys = JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`key${n}`, n])))
  // Few keys can come in a great many orders.
  const orders = JSON.stringify(
    Array.from({ length: 10_001 }, (_, n) =>
      Object.fromEntries(Array.from(n.toString(2).padStart(14, '0'), (bit, at) => [`${bit}${at}`, 0])),
    ),
  )
  for (const body of [alerts(20_000), keys, orders])
    expect(await post(body)).toMatchObject({ status: 400, type: 'application/problem+json; charset=utf-8' })
  expect(await post(alerts(19_000))).toEqual(OK)
  const [text] = await said(1)
  expect(text?.split('\n').at(-1)).toBe('… and 18990 more')
})

test('long payloads of Alertmanager and forges are taken, up to a megabyte', async () => {
  const [alert] = payloads.ALERTMANAGER.alerts
  const count = (part: unknown) => Math.floor(1_040_000 / (JSON.stringify(part).length + 1))
  const alerts = Array(count(alert)).fill(alert)
  const [commit] = payloads.GITHUB_PUSH.commits
  const commits = Array(count(commit)).fill(commit)
  const added = Array.from({ length: 40_000 }, (_, n) => `src/generated/${n}.ts`)
  for (const payload of [
    { ...payloads.ALERTMANAGER, alerts },
    { ...payloads.GITHUB_PUSH, commits },
    { ...payloads.GITHUB_PUSH, commits: [{ ...commit, added }] },
  ])
    expect(await post(JSON.stringify(payload))).toEqual(OK)
  await said(3)
})

test('a payload of a forge counts as one message for the rate', async () => {
  const bounded = await startTestDaemon({ http: 0, 'max-rate': 1, 'max-burst': 20 })
  onTestFinished(() => bounded.stop())
  const owner = await dial(bounded, 'LOGIN ann', `/register ${PASSWORD}`, 'JOIN ops')
  owner.socket.destroy()
  const { body } = await ask(bounded, 'POST', '/api/tokens', { name: 'ci', rooms: ['ops'], may: ['write'] })
  const step = JSON.stringify({ ...payloads.GITHUB_WORKFLOW_RUN, action: 'in_progress', jobs: 'x'.repeat(20_000) })
  const headers = { 'x-github-event': 'workflow_run' }
  for (let time = 0; time < 15; time++) expect(await post(step, headers, body.value, bounded)).toEqual(OK)
})

test('the token has one room and the right to write, and nothing else opens the way', async () => {
  const text = '{"text":"x"}'
  const refused = async (secret: string) => JSON.parse((await post(text, {}, secret)).text)
  for (const request of [
    { name: 'two', rooms: ['ops', 'dev'], may: ['write'] },
    { name: 'reader', rooms: ['ops'], may: ['read'] },
    { name: 'full' },
  ])
    expect(await refused(await tokenWith(request))).toMatchObject({ status: 403, code: 'token-scope' })
  expect(await refused(`rd_${'x'.repeat(36)}`)).toMatchObject({ status: 401, code: 'unauthorized' })
  expect(await refused('x')).toMatchObject({ status: 401, code: 'unauthorized' })
  const revoked = await tokenWith({ name: 'revoked', rooms: ['ops'] })
  await ask(daemon, 'DELETE', '/api/tokens/revoked')
  expect(await refused(revoked)).toMatchObject({ status: 401 })
  // A body that may not come is not read.
  expect((await post('x'.repeat(1_100_000), {}, 'x')).status).toBe(401)
})

test('the room’s rules hold: what its owner may not say, the webhook may not', async () => {
  const bob = await dial(daemon, 'LOGIN bob', `/register ${PASSWORD}`)
  bob.send('/token create hook rooms=ops may=write')
  const [made] = (await bob.until((line) => line.type === 'commandResult' && line.token !== undefined)).slice(-1)
  const value = made?.type === 'commandResult' ? (made.token?.value ?? '') : ''
  ann.send('/mute bob')
  await ann.until(({ type }) => type === 'role')
  expect(JSON.parse((await post('{"text":"x"}', {}, value)).text)).toMatchObject({ status: 403, code: 'muted' })
})

test('the request of another webhook of roomd is taken and not said, so nothing goes round', async () => {
  const target = await receiver()
  onTestFinished(async () => {
    for (const { id } of (await ask(daemon, 'GET', '/rooms/ops/hooks')).body)
      await ask(daemon, 'DELETE', `/rooms/ops/hooks/${id}`)
  })
  const loop = `http://127.0.0.1:${daemon.port('http')}/hooks/${token}`
  for (const url of [loop, target.url])
    expect(await ask(daemon, 'POST', '/rooms/ops/hooks', { url })).toMatchObject({ status: 201 })
  await post('{"text":"once"}')
  expect(await said(1)).toEqual(['once'])
  await accepted(target, 'once')
  await post('{"text":"twice"}')
  expect(await said(1)).toEqual(['twice'])
  await accepted(target, 'once', 'twice')
  expect(
    (await ask(daemon, 'GET', '/rooms/ops/hooks')).body.map(({ failing }: { failing?: unknown }) => failing),
  ).toEqual([undefined, undefined])
})
