/** docs/clients.md: the proxy of the browser clients, with the configuration as it stands there. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { GlobesClient } from '../../clients/globes.ts'
import { certificate } from '../../support/certificate.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { globesStage, joined, joining, PASSWORD } from '../../support/globes.ts'
import { reservePort } from '../../support/port.ts'

function hasNginx(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The server that the pages come from; each says which path it was asked for. */
async function servePages(): Promise<number> {
  const server = createServer(({ url }, response) => response.end(`page ${url}`)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

interface Ports {
  readonly http: number
  readonly https: number
}

async function startNginx(roomd: number, pages: number): Promise<Ports> {
  const doc = readFileSync(new URL('../../../docs/clients.md', import.meta.url), 'utf8')
  const [, block = ''] = /```nginx\n(.*?)```/s.exec(doc) ?? []
  const [http, https, { certFile, keyFile }] = [await reservePort(), await reservePort(), certificate()]
  const replaced = Object.entries({
    'listen 80;': `listen 127.0.0.1:${http};`,
    'listen 443 ssl;': `listen 127.0.0.1:${https} ssl;`,
    '127.0.0.1:7777': `127.0.0.1:${roomd}`,
    '127.0.0.1:8080': `127.0.0.1:${pages}`,
    '/etc/ssl/chat.example.pem': certFile,
    '/etc/ssl/chat.example.key': keyFile,
  }).reduce((text, [from, to]) => {
    expect(text).toContain(from)
    return text.replace(from, to)
  }, block)
  const folder = temporaryFolder()
  const file = join(folder, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/pid; events {} http { access_log off; ${temporary.join(' ')}\n${replaced}}`,
  )
  const nginx: ChildProcess = spawn('nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', file], {
    stdio: 'ignore',
  })
  const exit = once(nginx, 'exit')
  onTestFinished(async () => {
    nginx.kill('SIGTERM')
    await exit
  })
  await eventually(async () => {
    if (nginx.exitCode !== null) throw new Error(readFileSync(join(folder, 'error.log'), 'utf8'))
    expect((await ask(http, 'http', 'GET', '/chats/1')).status).toBe(200)
  })
  return { http, https }
}

interface Asked {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A request of a browser that has come by the name of the server, from an address of this machine. */
async function ask(
  port: number,
  scheme: 'http' | 'https',
  method: string,
  path: string,
  more: { body?: object; from?: string } = {},
) {
  const { body, from = '127.0.0.1' } = more
  const options = {
    host: '127.0.0.1',
    port,
    method,
    path,
    localAddress: from,
    headers: { Host: 'chat.example' },
    agent: false as const,
  }
  const asked = scheme === 'https' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options)
  asked.end(body && JSON.stringify(body))
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, body: text } satisfies Asked
}

test('pages come from the clients’ server, all else from roomd, over http and https', async ({ skip }) => {
  if (!hasNginx()) {
    if (process.env.CI === 'true') throw new Error('no nginx on the PATH')
    return skip('no nginx on the PATH')
  }
  const { port, account } = await globesStage({ 'http-trust-proxy': '127.0.0.1' })
  await account('ann')
  const ports = await startNginx(port, await servePages())
  for (const scheme of ['http', 'https'] as const) {
    const at = ports[scheme]
    const page = async (path: string) => (await ask(at, scheme, 'GET', path)).body
    expect(await page('/')).toBe('page /')
    expect(await page('/static/js/chat.js')).toBe('page /static/js/chat.js')
    // Whichever room it is.
    expect(await page('/chats/77/entrance')).toBe('page /chats/2/entrance')
    expect(await page('/chats/1/chatbox')).toBe('page /chats/2/chatbox')
    expect((await ask(at, scheme, 'DELETE', '/chats/1/entrance')).status).toBe(403)
    expect((await ask(at, scheme, 'GET', '/metrics')).status).toBe(404)

    expect(await page('/chats')).toContain('href="/chats/1/entrance"')
    const made = await ask(at, scheme, 'POST', '/chats', { body: { title: `over ${scheme}`, visibility: 'public' } })
    expect(made.status).toBe(201)
    const { id } = JSON.parse(made.body)
    // Addresses are the clients' own.
    expect((await ask(at, scheme, 'DELETE', `/chats/${id}`, { from: '127.0.0.2' })).status).toBe(401)

    const login = await ask(at, scheme, 'POST', '/auth', { body: { username: 'ann', password: PASSWORD } })
    expect(login.status).toBe(201)
    const [cookie = ''] = login.headers['set-cookie'] ?? []
    expect(cookie.includes('; Secure')).toBe(scheme === 'https')
    const websocket = new WebSocket(
      `${scheme === 'https' ? 'wss' : 'ws'}://127.0.0.1:${at}/chats/${id}/ws`,
      ['token'],
      {
        headers: { Host: 'chat.example', Cookie: cookie.split(';', 1)[0] },
        origin: `${scheme}://chat.example`,
        rejectUnauthorized: false,
      },
    )
    onTestFinished(() => websocket.terminate())
    const client = new GlobesClient(websocket)
    await once(websocket, 'open')
    expect(websocket.protocol).toBe('token')
    client.send(joining('ann'))
    expect(await client.next()).toEqual({ ...joined('ann', id), verified: true })
    expect((await ask(at, scheme, 'DELETE', `/chats/${id}`)).status).toBe(200)
    expect((await client.closed)[0]).toBe(1000)
  }
})
