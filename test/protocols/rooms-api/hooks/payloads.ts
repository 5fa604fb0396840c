/** Payloads of webhooks in the documented formats of the programs that send them. */

export const ALERT = {
  status: 'firing',
  labels: { alertname: 'HighLatency', instance: 'api-1:9100', job: 'api', severity: 'page' },
  annotations: {
    summary: 'Latency above 500 ms',
    description: 'p99 of api-1 is 812 ms for 10 minutes.\nSee the runbook.',
  },
  startsAt: '2026-11-26T17:01:12.412Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example.org:9090/graph?g0.expr=latency&g0.tab=1',
  fingerprint: '1a30ba71cca2921f',
}

export const ALERTMANAGER = {
  version: '4',
  groupKey: '{}/{severity="page"}:{alertname="HighLatency"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'roomd',
  groupLabels: { alertname: 'HighLatency' },
  commonLabels: { alertname: 'HighLatency', instance: 'api-1:9100', job: 'api', severity: 'page' },
  commonAnnotations: ALERT.annotations,
  externalURL: 'http://alertmanager.example.org:9093',
  alerts: [ALERT],
}

export const GRAFANA = {
  receiver: 'Ops room',
  status: 'firing',
  orgId: 1,
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'Disk almost full', grafana_folder: 'Machines', instance: 'db-1' },
      annotations: { summary: 'Less than 5 % left on db-1' },
      startsAt: '2026-11-26T16:51:03.157076+02:00',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'https://grafana.example.org/alerting/grafana/fe1/view?orgId=1',
      fingerprint: 'c6eadffa33fcdf37',
      silenceURL: 'https://grafana.example.org/alerting/silence/new?alertmanager=grafana',
      dashboardURL: 'https://grafana.example.org/d/dashboard?orgId=1',
      panelURL: 'https://grafana.example.org/d/dashboard?orgId=1&viewPanel=2',
      values: { B: 4.2, C: 1 },
      valueString: "[ var='B' labels={instance=db-1} value=4.2 ], [ var='C' labels={instance=db-1} value=1 ]",
    },
  ],
  groupLabels: { alertname: 'Disk almost full', grafana_folder: 'Machines' },
  commonLabels: { alertname: 'Disk almost full', grafana_folder: 'Machines' },
  commonAnnotations: {},
  externalURL: 'https://grafana.example.org/',
  version: '1',
  groupKey: '{}:{alertname="Disk almost full"}',
  truncatedAlerts: 0,
  title: '[FIRING:1] Disk almost full Machines (db-1)',
  state: 'alerting',
  message: '**Firing**\n\nValue: B=4.2, C=1\nLabels:\n - alertname = Disk almost full\n',
}

const GITHUB_REPOSITORY = {
  id: 186853002,
  node_id: 'MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=',
  name: 'shop',
  full_name: 'acme/shop',
  private: true,
  owner: { login: 'acme', id: 21031067, type: 'Organization' },
  html_url: 'https://github.com/acme/shop',
  default_branch: 'main',
}
const GITHUB_SENDER = { login: 'ann', id: 21031068, type: 'User', site_admin: false }
const github = <P extends object>(payload: P) => ({ ...payload, repository: GITHUB_REPOSITORY, sender: GITHUB_SENDER })

const commit = (id: string, message: string, name: string) => ({
  id,
  tree_id: 'f9d2a07e9488b91af2641b26b9407fe22a451433',
  distinct: true,
  message,
  timestamp: '2026-11-26T18:01:12+01:00',
  url: `https://github.com/acme/shop/commit/${id}`,
  author: { name, email: `${name}@example.org`, username: name },
  committer: { name, email: `${name}@example.org`, username: name },
  added: [],
  removed: [],
  modified: ['README.md'],
})

export const GITHUB_PUSH = github({
  ref: 'refs/heads/main',
  before: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
  after: '9049f1265b7d61be4a8904a9a27120d2064dab3b',
  pusher: { name: 'ann', email: 'ann@example.org' },
  created: false,
  deleted: false,
  forced: false,
  base_ref: null,
  compare: 'https://github.com/acme/shop/compare/6113728f27ae...9049f1265b7d',
  commits: [
    commit('0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c', 'Round prices\n\nAs the tax office does.', 'bob'),
    commit('9049f1265b7d61be4a8904a9a27120d2064dab3b', 'Count the stock', 'ann'),
  ],
  head_commit: commit('9049f1265b7d61be4a8904a9a27120d2064dab3b', 'Count the stock', 'ann'),
})

const PULL_REQUEST = {
  url: 'https://api.github.com/repos/acme/shop/pulls/12',
  html_url: 'https://github.com/acme/shop/pull/12',
  number: 12,
  state: 'open',
  title: 'Round prices',
  user: GITHUB_SENDER,
  body: 'As the tax office does.',
  draft: false,
  merged: false,
  head: { label: 'acme:rounding', ref: 'rounding', sha: '0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c' },
  base: { label: 'acme:main', ref: 'main', sha: '6113728f27ae82c7b1a177c8d03f9e96e0adf246' },
}
export const GITHUB_PULL_REQUEST = github({ action: 'opened', number: 12, pull_request: PULL_REQUEST })
export const GITHUB_MERGED = github({
  action: 'closed',
  number: 12,
  pull_request: { ...PULL_REQUEST, state: 'closed', merged: true, merged_by: GITHUB_SENDER },
})
export const GITHUB_REVIEW = github({
  action: 'submitted',
  review: { id: 1, user: GITHUB_SENDER, body: 'Well done', state: 'approved', html_url: `${PULL_REQUEST.html_url}#r1` },
  pull_request: PULL_REQUEST,
})

const ISSUE = { html_url: 'https://github.com/acme/shop/issues/7', number: 7, title: 'Prices are wrong', state: 'open' }
export const GITHUB_ISSUE = github({
  action: 'opened',
  issue: { ...ISSUE, user: GITHUB_SENDER, labels: [], body: null },
})
export const GITHUB_COMMENT = github({
  action: 'created',
  issue: ISSUE,
  comment: { id: 1, html_url: `${ISSUE.html_url}#issuecomment-1`, user: GITHUB_SENDER, body: 'By a cent.\nAt least.' },
})
export const GITHUB_RELEASE = github({
  action: 'published',
  release: {
    html_url: 'https://github.com/acme/shop/releases/tag/v1.2.0',
    tag_name: 'v1.2.0',
    target_commitish: 'main',
    name: 'Rounded prices',
    draft: false,
    prerelease: false,
    body: '…',
  },
})
export const GITHUB_WORKFLOW_RUN = github({
  action: 'completed',
  workflow_run: {
    id: 1,
    name: 'CI',
    head_branch: 'main',
    head_sha: '9049f1265b7d61be4a8904a9a27120d2064dab3b',
    run_number: 214,
    event: 'push',
    status: 'completed',
    conclusion: 'failure',
    workflow_id: 2,
    html_url: 'https://github.com/acme/shop/actions/runs/1',
    actor: GITHUB_SENDER,
    run_attempt: 1,
  },
  workflow: { id: 2, name: 'CI', path: '.github/workflows/ci.yml', state: 'active' },
})
export const GITHUB_PING = github({
  zen: 'Keep it logically awesome.',
  hook_id: 30,
  hook: { type: 'Repository', id: 30, name: 'web', active: true, events: ['push'], config: { content_type: 'form' } },
})

const GITEA_REPOSITORY = {
  id: 140,
  owner: { id: 1, login: 'acme', full_name: 'Acme', email: 'acme@example.org', username: 'acme' },
  name: 'shop',
  full_name: 'acme/shop',
  private: false,
  html_url: 'https://git.example.org/acme/shop',
  ssh_url: 'ssh://git@git.example.org/acme/shop.git',
  clone_url: 'https://git.example.org/acme/shop.git',
  default_branch: 'main',
}
const GITEA_USER = { id: 1, login: 'ann', full_name: 'Ann', email: 'ann@example.org', username: 'ann' }
export const GITEA_PUSH = {
  ref: 'refs/heads/develop',
  before: '28e1879d029cb852e4844d9c718537df08844e03',
  after: 'bffeb74224043ba2feb48d137756c8a9331c449a',
  compare_url: 'https://git.example.org/acme/shop/compare/28e1879d...bffeb742',
  commits: [
    {
      id: 'bffeb74224043ba2feb48d137756c8a9331c449a',
      message: 'Webhooks Yay!\n',
      url: 'https://git.example.org/acme/shop/commit/bffeb74224043ba2feb48d137756c8a9331c449a',
      author: { name: 'Ann', email: 'ann@example.org', username: 'ann' },
      committer: { name: 'Ann', email: 'ann@example.org', username: 'ann' },
      timestamp: '2026-11-26T18:52:23Z',
    },
  ],
  total_commits: 1,
  repository: GITEA_REPOSITORY,
  pusher: GITEA_USER,
  sender: GITEA_USER,
}
export const GITEA_ISSUE = {
  action: 'closed',
  number: 7,
  issue: {
    id: 70,
    html_url: 'https://git.example.org/acme/shop/issues/7',
    number: 7,
    title: 'Prices are wrong',
    state: 'closed',
    user: GITEA_USER,
  },
  repository: GITEA_REPOSITORY,
  sender: GITEA_USER,
}
/** A review, whose kind both the event and its type tell. */
export const giteaReview = (kind: string) => ({
  action: 'reviewed',
  number: 12,
  pull_request: { number: 12, title: 'Round prices', html_url: 'https://git.example.org/acme/shop/pulls/12' },
  repository: GITEA_REPOSITORY,
  sender: GITEA_USER,
  review: { type: `pull_request_review_${kind}`, content: 'By a cent.' },
})

export const SLACK = {
  channel: '#ops',
  username: 'Uptime',
  icon_emoji: ':rotating_light:',
  text: '<!here> <https://shop.example.org|shop> is down &amp; out',
  attachments: [
    {
      fallback: 'shop is down',
      color: 'danger',
      pretext: 'Since 18:01',
      title: 'Check 17',
      title_link: 'https://uptime.example.org/17',
      text: 'HTTP 502 from <https://shop.example.org>',
      fields: [
        { title: 'Region', value: 'eu', short: true },
        { title: 'Asked', value: '<@U024BE7LH> in <#C024BE7LR|dev>', short: true },
      ],
    },
  ],
}
export const SLACK_BLOCKS = {
  blocks: [
    { type: 'header', text: { type: 'plain_text', text: 'Backup', emoji: true } },
    { type: 'section', text: { type: 'mrkdwn', text: '*Done* in 4 m' }, fields: [{ type: 'mrkdwn', text: '3 GB' }] },
    { type: 'divider' },
    {
      type: 'context',
      elements: [
        { type: 'mrkdwn', text: 'on' },
        { type: 'mrkdwn', text: 'db-1' },
      ],
    },
    {
      type: 'rich_text',
      elements: [
        {
          type: 'rich_text_section',
          elements: [
            { type: 'text', text: 'see ' },
            { type: 'text', text: 'log' },
          ],
        },
      ],
    },
    { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open' } }] },
  ],
}
export const DISCORD = {
  username: 'Jellyfin',
  avatar_url: 'https://example.org/icon.png',
  content: 'New film',
  tts: false,
  embeds: [
    {
      author: { name: 'Library' },
      title: 'Metropolis (1927)',
      url: 'https://films.example.org/1',
      description: 'By Fritz Lang',
      color: 3381759,
      fields: [{ name: 'Length', value: '153 min', inline: true }],
      footer: { text: 'films' },
    },
  ],
  allowed_mentions: { parse: [] },
}
