/** The messages of incoming webhooks (docs/protocols/rooms-api.md, section 2.7). */
import { expect, test } from 'vitest'
import { hookMessageOf } from '../../../../src/protocols/rooms-api/hooks/hook-message.ts'
import * as payloads from './payloads.ts'

const textOf = (payload: object | string, headers: Record<string, string> = {}, maxText = 4_000) =>
  hookMessageOf(payload as never, headers, maxText)

test.each([
  [
    'Alertmanager',
    payloads.ALERTMANAGER,
    'alertmanager',
    '[FIRING:1] HighLatency instance=api-1:9100 job=api severity=page: Latency above 500 ms http://prometheus.example.org:9090/graph?g0.expr=latency&g0.tab=1',
  ],
  [
    'Grafana',
    payloads.GRAFANA,
    'grafana',
    '[FIRING:1] Disk almost full Machines (db-1)\nFIRING instance=db-1: Less than 5 % left on db-1 (B=4.2 C=1) https://grafana.example.org/d/dashboard?orgId=1',
  ],
  [
    'Slack',
    payloads.SLACK,
    'slack',
    'Uptime: @here shop (https://shop.example.org) is down & out\nSince 18:01\nCheck 17 https://uptime.example.org/17\nHTTP 502 from https://shop.example.org\nRegion: eu\nAsked: @U024BE7LH in #dev',
  ],
  ['Slack with blocks', payloads.SLACK_BLOCKS, 'slack', 'Backup\n*Done* in 4 m\n3 GB\non db-1\nsee log'],
  [
    'Discord',
    payloads.DISCORD,
    'discord',
    'Jellyfin: New film\nLibrary\nMetropolis (1927) https://films.example.org/1\nBy Fritz Lang\nLength: 153 min\nfilms',
  ],
  ['anything else', { build: 7, ok: true }, 'json', '{"build":7,"ok":true}'],
  ['a text', 'deploy done\nin 3 s\n', 'text', 'deploy done\nin 3 s'],
] as const)('%s', (_, payload, source, text) => {
  expect(textOf(payload)).toEqual({ source, text })
})

const PUSHED =
  '[acme/shop] ann pushed 2 commits to main https://github.com/acme/shop/compare/6113728f27ae...9049f1265b7d\n0d1a26e Round prices (bob)\n9049f12 Count the stock (ann)'

test.each([
  ['push', payloads.GITHUB_PUSH, PUSHED],
  [
    'pull_request',
    payloads.GITHUB_PULL_REQUEST,
    '[acme/shop] ann opened pull request #12: Round prices https://github.com/acme/shop/pull/12',
  ],
  [
    'pull_request',
    payloads.GITHUB_MERGED,
    '[acme/shop] ann merged pull request #12: Round prices https://github.com/acme/shop/pull/12',
  ],
  [
    'pull_request_review',
    payloads.GITHUB_REVIEW,
    '[acme/shop] ann approved pull request #12: Round prices https://github.com/acme/shop/pull/12 "Well done"',
  ],
  [
    'issues',
    payloads.GITHUB_ISSUE,
    '[acme/shop] ann opened issue #7: Prices are wrong https://github.com/acme/shop/issues/7',
  ],
  [
    'issue_comment',
    payloads.GITHUB_COMMENT,
    '[acme/shop] ann commented on #7: Prices are wrong https://github.com/acme/shop/issues/7#issuecomment-1 "By a cent."',
  ],
  [
    'release',
    payloads.GITHUB_RELEASE,
    '[acme/shop] ann published release v1.2.0: Rounded prices https://github.com/acme/shop/releases/tag/v1.2.0',
  ],
  [
    'workflow_run',
    payloads.GITHUB_WORKFLOW_RUN,
    '[acme/shop] CI #214 failed on main (push by ann) https://github.com/acme/shop/actions/runs/1',
  ],
  ['ping', payloads.GITHUB_PING, '[acme/shop] the webhook works: Keep it logically awesome.'],
] as const)('GitHub: %s, with the header and without', (event, payload, text) => {
  expect(textOf(payload, { 'x-github-event': event })).toEqual({ source: 'forge', text })
  expect(textOf(payload)).toEqual({ source: 'forge', text })
})

test('Gitea and Forgejo, whose headers count before the one of GitHub that they send too', () => {
  const pushed =
    '[acme/shop] ann pushed 1 commit to develop https://git.example.org/acme/shop/compare/28e1879d...bffeb742\nbffeb74 Webhooks Yay! (Ann)'
  const headers = { 'x-gitea-event': 'push', 'x-gogs-event': 'push', 'x-github-event': 'push' }
  expect(textOf(payloads.GITEA_PUSH, headers)).toEqual({ source: 'forge', text: pushed })
  expect(textOf(payloads.GITEA_PUSH)).toEqual({ source: 'forge', text: pushed })
  expect(textOf(payloads.GITEA_ISSUE, { 'x-forgejo-event': 'issues', 'x-gitea-event': 'issues' }).text).toBe(
    '[acme/shop] ann closed issue #7: Prices are wrong https://git.example.org/acme/shop/issues/7',
  )
})

test('steps of a workflow are no message; events without a form of their own are named', () => {
  const requested = { ...payloads.GITHUB_WORKFLOW_RUN, action: 'requested' }
  expect(textOf(requested, { 'x-github-event': 'workflow_run' })).toEqual({ source: 'forge', text: undefined })
  const star = { ...payloads.GITHUB_PING, action: 'created' }
  expect(textOf(star, { 'x-github-event': 'star' }).text).toBe('[acme/shop] star created by ann')
  const tag = { ...payloads.GITHUB_PING, ref: 'v1', ref_type: 'tag' }
  expect(textOf(tag, { 'x-github-event': 'create' }).text).toBe('[acme/shop] ann created tag v1')
  const push = (change: object) => textOf({ ...payloads.GITHUB_PUSH, ...change }, { 'x-github-event': 'push' }).text
  const nothing = '0'.repeat(40)
  expect(push({ deleted: true, after: nothing, commits: [] })).toBe('[acme/shop] ann deleted main')
  expect(push({ created: true, before: nothing, commits: [], ref: 'refs/tags/v1', compare: 'https://x' })).toBe(
    '[acme/shop] ann created tag v1 https://x',
  )
  expect(push({ forced: true })).toMatch(/^\[acme\/shop\] ann force-pushed 2 commits/)
  const many = Array.from({ length: 9 }, () => payloads.GITHUB_PUSH.commits[0])
  expect(push({ commits: many })?.split('\n')).toHaveLength(7)
  expect(push({ commits: many })).toMatch(/\n… and 4 more$/)
})

test('several alerts are listed by what tells them apart, and counted where they are too many', () => {
  const { ALERT, ALERTMANAGER } = payloads
  const alert = (instance: string, status = 'firing') => ({ ...ALERT, status, labels: { ...ALERT.labels, instance } })
  const commonLabels = { alertname: 'HighLatency', job: 'api', severity: 'page' }
  const alerts = [alert('a'), alert('b', 'resolved')]
  expect(textOf({ ...ALERTMANAGER, commonLabels, alerts }).text).toBe(
    [
      '[FIRING:1, RESOLVED:1] HighLatency job=api severity=page http://alertmanager.example.org:9093',
      'FIRING instance=a: Latency above 500 ms',
      'RESOLVED instance=b: Latency above 500 ms',
    ].join('\n'),
  )
  const many = Array.from({ length: 14 }, (_, index) => alert(`api-${index}`))
  expect(
    textOf({ ...ALERTMANAGER, commonLabels, alerts: many })
      .text?.split('\n')
      .at(-1),
  ).toBe('… and 4 more')
})

test('alerts without commonLabels, without annotations or without a status still tell what they are', () => {
  const { ALERT, ALERTMANAGER } = payloads
  const { commonLabels: _labels, groupLabels: _group, commonAnnotations: _annotations, ...rest } = ALERTMANAGER
  const { labels } = ALERT
  const one = '[FIRING:1] HighLatency instance=api-1:9100 job=api severity=page: Latency above 500 ms http'
  expect(textOf(rest).text).toContain(one)
  expect(textOf({ ...rest, alerts: [{ status: 'firing', labels }] }).text).toBe(
    '[FIRING:1] HighLatency instance=api-1:9100 job=api severity=page: firing',
  )
  expect(textOf({ ...rest, alerts: [{ labels }] }).text).toBe('HighLatency instance=api-1:9100 job=api severity=page')
  expect(textOf({ alerts: [ALERT] }).text).toContain(one)
  const other = { ...ALERT, labels: { ...labels, alertname: 'DiskFull', job: 'db' } }
  expect(textOf({ ...rest, alerts: [ALERT, other] }).text).toBe(
    [
      '[FIRING:2] alerts instance=api-1:9100 severity=page http://alertmanager.example.org:9093',
      'FIRING HighLatency job=api: Latency above 500 ms',
      'FIRING DiskFull job=db: Latency above 500 ms',
    ].join('\n'),
  )
})

test('a text is cut at the limit of a message', () => {
  expect(textOf('é'.repeat(4_001)).text).toBe(`${'é'.repeat(3_999)}…`)
  expect(textOf({ text: '😀'.repeat(50) }, {}, 10).text).toBe(`${'😀'.repeat(9)}…`)
})

test('parts that are missing, null or of another type are left out', () => {
  const broken: unknown[] = [undefined, null, 7, 'x', [], [null], {}, { a: { b: 1 } }]
  for (const value of Object.values(payloads)) {
    if (typeof value !== 'object') continue
    for (const key of Object.keys(value)) {
      for (const part of broken) {
        for (const headers of [{}, { 'x-github-event': 'push' }, { 'x-github-event': 'issues' }])
          expect(typeof (textOf({ ...value, [key]: part }, headers).text ?? '')).toBe('string')
      }
    }
  }
  expect(textOf({ text: [7], attachments: [7, { fields: 'x' }, { fallback: 'plain' }] }).text).toBe('plain')
  expect(textOf({ text: '', username: 'x' }).text).toBe('')
})

test('a long text is cut at the limit of messages, however high it is', () => {
  expect(textOf({ text: '&amp;'.repeat(20_000) }, {}, 20_000).text).toBe('&'.repeat(20_000))
  const blocks = Array(200).fill({ text: { text: 'x'.repeat(999) } })
  expect(textOf({ blocks }, {}, 150_000).text).toHaveLength(150_000)
  const embeds = Array(200).fill({ description: 'x'.repeat(999) })
  expect(textOf({ embeds }, {}, 150_000).text).toHaveLength(150_000)
})
