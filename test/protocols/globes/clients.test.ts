/** docs/protocols/globes.md, section 7: what the two browser clients read, in the way they read it. */
import { expect, test } from 'vitest'
import { bearer, failure, globesStage, joined, joining, PASSWORD, said, saying } from '../../support/globes.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/**
 * jQuery's `$.get` and `$.post`, as both clients call them: any type is accepted, JSON is labelled as a form, and the label of
 * the answer says whether it is parsed. Rejects where `fail` is called.
 */
function jquery(port: number) {
  const ask = async (method: string, path: string, data?: object) => {
    const label = { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { Accept: '*/*', ...(data && label) },
      ...(data && { body: JSON.stringify(data) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return /\bjson\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text
  }
  return { get: (path: string) => ask('GET', path), post: (path: string, data: object) => ask('POST', path, data) }
}

test('41. the list of rooms is HTML for jQuery and fetch, and its links open the entrances', async () => {
  const { port, create, api } = await globesStage()
  const { id } = await create({ title: 'Tom & Jerry' })
  const { get } = jquery(port)
  const html = await get('/chats')
  // What the client puts into its page as it is.
  expect(html).toEqual(expect.stringContaining('Tom &amp; Jerry'))
  const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => String(link))
  expect(links).toEqual(['/chats/1/entrance', `/chats/${id}/entrance`])
  // The entrance's page cuts its room's id out of its address.
  const ids = links.map((link) => link.split('/chats/').pop()?.slice(0, -9))
  expect(await Promise.all(ids.map((id) => get(`/chats/${id}`)))).toMatchObject([{ id: 1 }, { id }])
  expect((await fetch(`http://127.0.0.1:${port}/chats`)).headers.get('content-type')).toMatch(/^text\/html/)
  expect((await api('GET', '/chats', undefined, { Accept: 'application/json' })).body).toMatchObject([
    { id: 1 },
    { id },
  ])
})

test('42. both clients make a room and find it again', async () => {
  const { port } = await globesStage()
  const { get, post } = jquery(port)
  for (const [visibility, password] of [
    ['public', ''],
    ['private', PASSWORD],
  ] as const) {
    const title = `a ${visibility} room`
    const description = 'new'
    // No such title yet.
    await expect(get(`/chats/${title}`)).rejects.toThrow('Room not found')
    const data = await post('/chats', { title, description, visibility, password })
    // Globes takes the first for success and reads the second; its parent asks only that there be no `error`.
    expect(data.status).toBe(true)
    expect((await get(`/chats/${data.data.id}`)).title).toBe(title)
    expect(Object.hasOwn(data, 'error')).toBe(false)
    // As the Go tests of both read it.
    expect(data).toMatchObject({ title, description, visibility, users: [] })
    expect(data.id).toBeGreaterThan(1)
    const { status, data: room, ...members } = data
    expect(members).toEqual(room)
    expect(JSON.stringify(data)).not.toMatch(/password|scrypt/)
  }
  await expect(post('/chats', { title: 'A Public Room', visibility: 'public' })).rejects.toThrow('"status":false')
})

test('43. the history of a room is its newest fifty events, oldest first', async () => {
  const { api, join, connect, line } = await globesStage()
  expect((await api('GET', '/chats/events/1')).body).toEqual({ status: true, data: [] })
  const david = await join('david', 'red')
  david.send(saying('david', '<b>&', 'blue'), { event_type: 'leave', name: 'david', msg: '' })
  await david.take(2)
  const { status, type, body } = await api('GET', '/chats/events/1')
  expect([status, type]).toEqual([200, expect.stringMatching(/^application\/json/)])
  const event = (event_type: string, msg: string, color: string) => {
    return { event_type, name: 'david', room_id: 1, color, msg, time: expect.stringMatching(TIME), verified: false }
  }
  expect(body).toEqual({
    status: true,
    data: [
      event('join', 'david entered the room.', 'red'),
      event('send', '<b>&', 'blue'),
      event('leave', 'david has left the room.', ''),
    ],
  })
  const guest = await line('guest')
  guest.send('JOIN lobby', ...Array.from({ length: 51 }, (_, n) => `MESSAGE ${n + 1}`))
  await guest.rest()
  const { data } = (await api('GET', '/chats/events/public%20chat')).body as { data: { msg: string; time: string }[] }
  expect(data.map(({ msg }) => msg)).toEqual(Array.from({ length: 50 }, (_, n) => `${n + 2}`))
  // The client shows times so.
  for (const { time } of data) expect(new Date(time).getTime()).toBeGreaterThan(0)
  // Nothing of it is sent again to a socket that opens.
  const late = await connect()
  guest.send('now')
  expect(await late.next()).toEqual(said('guest', 'now'))
})

test('43. the history of a room with a password needs its token', async () => {
  const { api, den } = await globesStage()
  const { id, tokenFor, enter } = await den()
  const other = await den('Cave')
  await enter('david')
  const path = `/chats/events/${id}`
  const refused = { status: 403, body: failure(403, 'Token error: Invalid token', 'token') }
  expect(await api('GET', path)).toMatchObject(refused)
  expect(await api('GET', path, undefined, bearer(await other.tokenFor('eve')))).toMatchObject(refused)
  const { status, body } = await api('GET', path, undefined, bearer(await tokenFor('eve')))
  expect(status).toBe(200)
  expect(body).toEqual({ status: true, data: [{ ...joined('david', id), color: '', verified: false }] })
  for (const which of ['99', 'nope']) {
    const unknown = { status: 404, body: failure(101, 'Room error: Room not found', which) }
    expect(await api('GET', `/chats/events/${which}`)).toMatchObject(unknown)
  }
})

test('44. the public rooms, and those only', async () => {
  const { api, create, den, join } = await globesStage()
  const { id } = await create({ title: 'Open', description: 'for all' })
  await den()
  await create({ title: 'Cave', visibility: 'hidden', password: PASSWORD })
  await join('david', 'red')
  const { status, type, body } = await api('GET', '/chats/all')
  expect([status, type]).toEqual([200, expect.stringMatching(/^application\/json/)])
  const rooms = await Promise.all(['/chats/1', `/chats/${id}`].map(async (path) => (await api('GET', path)).body))
  expect(body).toEqual({ status: true, data: rooms })
  expect(rooms).toMatchObject([{ users: [{ username: 'david' }] }, { title: 'Open', users: [] }])
})

test('a room titled as one of these paths is found by its number', async () => {
  const { api, create, connect } = await globesStage()
  for (const title of ['events', 'all']) {
    const { id } = await create({ title })
    expect((await api('GET', `/chats/${id}`)).body).toMatchObject({ title })
    const david = await connect(`/chats/${id}/ws`)
    david.send(joining('david'))
    expect(await david.next()).toEqual(joined('david', id))
  }
})
