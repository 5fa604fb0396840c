/** The filter for fail2ban of docs/operating.md, on real lines of the log (docs/protocols/moderation.md, checklist point 16). */
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { LineClient } from '../support/client.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { keptLog } from '../support/log.ts'

/** The expansion of `<SUBNET>` by fail2ban 1.0 (server/failregex.py). */
const IPV4 = String.raw`(?:::f{4,6}:)?(?<ip4>(?:\d{1,3}\.){3}\d{1,3})`
const IPV6 = '(?<ip6>(?:[0-9a-fA-F]{1,4}::?|::){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))'
const SUBNET = String.raw`\[?(?:${IPV4}|${IPV6})(?:/(?<cidr>\d+))?\]?`

function filter(): RegExp {
  const text = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8')
  const regex = /^failregex = (.*)$/m.exec(text)?.[1] ?? expect.fail('there is no filter')
  return new RegExp(regex.replace('<SUBNET>', SUBNET))
}

/** The line as fail2ban compares it with `datepattern`: without the date. */
const withoutDate = (line: string) => line.replace(/"time":\d{13}/, '')

function found(logged: string): string[] {
  const regex = filter()
  return logged.split('\n').flatMap((line) => {
    const [groups, same] = [regex.exec(withoutDate(line))?.groups, regex.exec(line)?.groups]
    expect(same).toEqual(groups)
    return groups ? [`${groups.ip4 ?? groups.ip6}${groups.cidr ? `/${groups.cidr}` : ''}`] : []
  })
}

test('16. each action on an account is one line with nickname and address; the filter finds the failed logins alone', async () => {
  const { log, logged } = keptLog()
  const daemon = await startTestDaemon({ http: 0, 'http-trust-proxy': '127.0.0.1', admins: 'boss' }, log)
  onTestFinished(() => daemon.stop())
  const ask = async (...lines: readonly string[]) => {
    const client = await LineClient.connect(daemon)
    onTestFinished(() => void client.socket.destroy())
    for (const line of lines) expect([line, (await client.ask(line)).type]).toEqual([line, 'commandResult'])
    return client
  }
  await ask('LOGIN boss', '/register correct horse')
  const ann = await ask('LOGIN ann', '/register correct horse')
  await ann.ask('/passwd "wrong one" battery staple')
  await ann.ask('/passwd "correct horse" battery staple')
  await ask('LOGIN boss correct horse', '/passwd ann another one')
  await ask('LOGIN eve')
  await ask('LOGIN boss correct horse', '/disconnect eve spam')
  await ask('LOGIN ann another one', '/unregister another one')
  // A nickname that looks like a line of the log, from an IPv6 network.
  const username =
    'x","audit":"login-failed","address":"9.9.9.9"}\n{"level":30,"audit":"login-failed","address":"9.9.9.9"'
  const response = await fetch(`http://127.0.0.1:${daemon.port('http')}/auth`, {
    method: 'POST',
    headers: { 'X-Forwarded-For': '2001:db8:1:2:3::9' },
    body: JSON.stringify({ username, password: 'guess' }),
  })
  expect(response.status).toBe(401)

  expect(found(logged())).toEqual(['127.0.0.1', '2001:db8:1:2::/64'])
  const lines = logged()
    .split('\n')
    .filter((line) => line.includes('"audit"'))
    .map((line) => JSON.parse(line))
  const shown = lines.map(({ audit, name, address, by = '', reason = '' }) =>
    [audit, name, address, by, reason].join(' '),
  )
  expect(shown.filter((line) => !line.startsWith('login '))).toEqual([
    'registered boss 127.0.0.1  ',
    'registered ann 127.0.0.1  ',
    'login-failed ann 127.0.0.1  secret-wrong',
    'password-changed ann 127.0.0.1  ',
    'password-changed ann 127.0.0.1 boss ',
    'disconnected eve 127.0.0.1 boss spam',
    'account-removed ann 127.0.0.1  ',
    `login-failed ${username.slice(0, 128)} 2001:db8:1:2::/64  name-unknown`,
  ])
  expect(shown.filter((line) => line.startsWith('login '))).toEqual(
    ['boss', 'ann', 'boss', 'eve', 'boss', 'ann'].map((name) => `login ${name} 127.0.0.1  `),
  )
  expect(logged()).not.toMatch(/correct horse|battery staple|another one|wrong one|guess/)
})
