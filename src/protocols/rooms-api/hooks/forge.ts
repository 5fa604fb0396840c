import { lineIn, lines, objectIn, objectsIn, type Payload, scalarIn, words } from './payload.ts'

/** Maximum number of commits that are shown one by one. */
const MAX_COMMITS = 5
const NO_COMMIT = /^0+$/

/**
 * Returns the text of an event of GitHub, or of Gitea and Forgejo, whose payloads are alike; undefined for an event that is only a step on the
 * way to another one. `event` is the name in the header.
 */
export function forgeText(event: string, payload: Payload): string | undefined {
  const text = eventText(event, payload)
  if (text === undefined) return undefined
  const repository = scalarIn(objectIn(payload.repository).full_name) || scalarIn(objectIn(payload.organization).login)
  return words(repository && `[${repository}]`, text)
}

/** Guesses the event of a payload that comes without the header; undefined if it is none of a forge. */
export function forgeEventOf(payload: Payload): string | undefined {
  if (scalarIn(payload.zen) !== '') return 'ping'
  if (scalarIn(objectIn(payload.repository).full_name) === '') return undefined
  if (Array.isArray(payload.commits) && typeof payload.ref === 'string') return 'push'
  const [, event] = EVENTS.find(([part]) => Object.keys(objectIn(payload[part])).length > 0) ?? []
  return event
}

/** The events by the parts of their payloads; a part comes before those that its event may have too. */
const EVENTS = [
  ['workflow_run', 'workflow_run'],
  ['release', 'release'],
  ['comment', 'issue_comment'],
  ['review', 'pull_request_review'],
  ['pull_request', 'pull_request'],
  ['issue', 'issues'],
] as const

function eventText(event: string, payload: Payload): string | undefined {
  const { login, username } = objectIn(payload.sender)
  const who = scalarIn(login) || scalarIn(username) || 'somebody'
  const action = scalarIn(payload.action).replaceAll('_', ' ')
  // Gitea and Forgejo have an event for each kind of review, such as pull_request_approved.
  const isReview = event.startsWith('pull_request_') && Object.keys(objectIn(payload.review)).length > 0
  switch (isReview ? 'pull_request_review' : event) {
    case 'ping':
      return words('the webhook works:', lineIn(payload.zen))
    case 'push':
      return pushText(payload, who)
    case 'pull_request':
      return words(who, pullAction(payload, action), 'pull request', subject(payload, 'pull_request'))
    case 'pull_request_review':
      return reviewText(payload, who)
    case 'issues':
      return words(who, action, 'issue', subject(payload, 'issue'))
    case 'issue_comment': {
      const { body, html_url } = objectIn(payload.comment)
      const verb = action === 'created' ? 'commented on' : `${action} a comment on`
      const on = Object.keys(objectIn(payload.issue)).length > 0 ? 'issue' : 'pull_request'
      return words(who, verb, title(payload, on), scalarIn(html_url), quote(body))
    }
    case 'release': {
      const { tag_name, name, html_url } = objectIn(payload.release)
      const named = lineIn(name) === scalarIn(tag_name) ? '' : lineIn(name)
      return words(who, action, 'release', [scalarIn(tag_name), named].filter(Boolean).join(': '), scalarIn(html_url))
    }
    case 'workflow_run':
      return workflowText(payload, action)
    case 'create':
    case 'delete':
      return words(who, `${event}d`, scalarIn(payload.ref_type), scalarIn(payload.ref))
    default:
      return words(event.replaceAll('_', ' '), action, `by ${who}`)
  }
}

function pushText(payload: Payload, sender: string): string {
  const { ref, before, after, created, deleted, forced, compare, compare_url, total_commits } = payload
  const { name, login } = objectIn(payload.pusher)
  const who = scalarIn(login) || scalarIn(name) || sender
  const target = scalarIn(ref)
    .replace(/^refs\/heads\//, '')
    .replace(/^refs\/tags\//, 'tag ')
  if (deleted === true || NO_COMMIT.test(scalarIn(after))) return words(who, 'deleted', target)
  const commits = objectsIn(payload.commits)
  const count = typeof total_commits === 'number' ? total_commits : commits.length
  const link = scalarIn(compare) || scalarIn(compare_url)
  if (count === 0) {
    const verb = created === true || NO_COMMIT.test(scalarIn(before)) ? 'created' : 'moved'
    return words(who, verb, target, link)
  }
  const verb = forced === true ? 'force-pushed' : 'pushed'
  const head = words(who, verb, `${count} ${count === 1 ? 'commit' : 'commits'} to`, target, link)
  const shown = commits.slice(0, MAX_COMMITS).map(commitLine)
  // A forge leaves commits of a long push out.
  const more = count - shown.length
  return lines([head, ...shown, more > 0 ? `… and ${more} more` : ''])
}

function commitLine(commit: Payload): string {
  const { name, username } = objectIn(commit.author)
  const by = scalarIn(name) || scalarIn(username)
  return words(scalarIn(commit.id).slice(0, 7), lineIn(commit.message), by && `(${by})`)
}

/** The verbs for reviews whose state is not a verb itself; the last two states are those of Gitea and Forgejo. */
const REVIEWS: ReadonlyMap<string, string> = new Map([
  ['commented', 'commented on'],
  ['changes_requested', 'requested changes to'],
  ['dismissed', 'dismissed a review of'],
  ['comment', 'commented on'],
  ['rejected', 'requested changes to'],
])

function reviewText(payload: Payload, who: string): string {
  const { state, type, body, content } = objectIn(payload.review)
  const name = (scalarIn(state) || scalarIn(type).replace(/^pull_request_review_/, '') || 'reviewed').toLowerCase()
  const done = REVIEWS.get(name) ?? name.replaceAll('_', ' ')
  return words(who, done, 'pull request', subject(payload, 'pull_request'), quote(body ?? content))
}

function pullAction(payload: Payload, action: string): string {
  if (action === 'closed' && objectIn(payload.pull_request).merged === true) return 'merged'
  return action === 'synchronize' || action === 'synchronized' ? 'updated' : action
}

function workflowText(payload: Payload, action: string): string | undefined {
  if (action !== 'completed') return undefined
  const { name, run_number, head_branch, conclusion, html_url, event, actor } = objectIn(payload.workflow_run)
  const ended =
    scalarIn(conclusion) === 'success'
      ? 'succeeded'
      : scalarIn(conclusion) === 'failure'
        ? 'failed'
        : scalarIn(conclusion)
  const cause = [scalarIn(event), scalarIn(objectIn(actor).login)].filter(Boolean).join(' by ')
  return words(
    scalarIn(name),
    `#${scalarIn(run_number)}`,
    `${ended.replaceAll('_', ' ')} on`,
    scalarIn(head_branch),
    cause && `(${cause})`,
    scalarIn(html_url),
  )
}

/** Returns number, title and address of an issue or pull request. */
function subject(payload: Payload, key: 'issue' | 'pull_request'): string {
  return words(title(payload, key), scalarIn(objectIn(payload[key]).html_url))
}

function title(payload: Payload, key: 'issue' | 'pull_request'): string {
  const { number, title } = objectIn(payload[key])
  return `#${scalarIn(number)}: ${lineIn(title)}`
}

function quote(body: unknown): string {
  const line = lineIn(body)
  return line && `"${line}"`
}
