import { lineIn, lines, objectIn, objectsIn, type Payload, scalarIn, words } from './payload.ts'

/** Maximum number of alerts that are shown one by one. */
const MAX_ALERTS = 10
/** Maximum number of labels of an alert that are shown. */
const MAX_LABELS = 100
/** Maximum number of values of an alert that are shown. */
const MAX_VALUES = 100

/** Returns the text of a notification of Prometheus' Alertmanager (version 4 of its webhook). */
export function alertmanagerText(payload: Payload): string {
  const alerts = objectsIn(payload.alerts)
  const common = commonLabels(payload, alerts)
  const name = scalarIn(common.alertname) || scalarIn(objectIn(payload.groupLabels).alertname)
  const head = words(countsText(payload), name || 'alerts', labelsText(common))
  const [only] = alerts
  if (alerts.length === 1 && only && !payload.truncatedAlerts)
    return words(labelled(head, detailsText(only)), scalarIn(only.generatorURL))
  return lines([words(head, scalarIn(payload.externalURL)), firstLines(payload, (alert) => alertLine(alert, common))])
}

/** Returns the text of a notification of Grafana's unified alerting, which has a title of its own. */
export function grafanaText(payload: Payload): string {
  const common = objectIn(payload.commonLabels)
  const lineOf = (alert: Payload) =>
    words(alertLine(alert, common), valuesText(alert), scalarIn(alert.dashboardURL) || scalarIn(alert.generatorURL))
  return lines([lineIn(payload.title) || countsText(payload), firstLines(payload, lineOf)])
}

/** Returns the labels that all alerts have alike, also where the payload does not list them. */
function commonLabels(payload: Payload, [first = {}, ...others]: readonly Payload[]): Payload {
  const listed = objectIn(payload.commonLabels)
  if (Object.keys(listed).length > 0) return listed
  const isShared = ([key, value]: [string, unknown]) => others.every((alert) => objectIn(alert.labels)[key] === value)
  return Object.fromEntries(Object.entries(objectIn(first.labels)).slice(0, MAX_LABELS).filter(isShared))
}

/** Returns lines of the first alerts, and the number of the others, with those that the sender has left out. */
function firstLines({ alerts, truncatedAlerts }: Payload, lineOf: (alert: Payload) => string): string {
  const all = objectsIn(alerts)
  const more = Math.max(0, all.length - MAX_ALERTS) + (typeof truncatedAlerts === 'number' ? truncatedAlerts : 0)
  return lines([...all.slice(0, MAX_ALERTS).map(lineOf), more > 0 ? `… and ${more} more` : ''])
}

/** Returns the number of alerts by status, such as `[FIRING:2, RESOLVED:1]`. */
function countsText({ alerts }: Payload): string {
  const counts = ['firing', 'resolved'].flatMap((status) => {
    const count = objectsIn(alerts).filter((alert) => alert.status === status).length
    return count === 0 ? [] : [`${status.toUpperCase()}:${count}`]
  })
  return counts.length === 0 ? '' : `[${counts.join(', ')}]`
}

function alertLine(alert: Payload, common: Payload): string {
  const labels = objectIn(alert.labels)
  const own = Object.fromEntries(
    Object.entries(labels)
      .slice(0, MAX_LABELS)
      .filter(([key, value]) => common[key] !== value),
  )
  const name = common.alertname === labels.alertname ? '' : scalarIn(labels.alertname)
  return words(
    scalarIn(alert.status).toUpperCase(),
    labelled(words(name, labelsText(own)) || 'alert', detailsText(alert)),
  )
}

function labelled(head: string, details: string): string {
  return details === '' ? head : `${head}: ${details}`
}

/** Returns the labels but the name of the alert, such as `instance=api-1 severity=page`. */
function labelsText(labels: Payload): string {
  const shown = Object.entries(labels).filter(([key]) => key !== 'alertname' && !/^__/.test(key))
  return shown
    .slice(0, MAX_LABELS)
    .map(([key, value]) => `${key}=${lineIn(value)}`)
    .join(' ')
}

function detailsText(alert: Payload): string {
  const { summary, description, message } = objectIn(alert.annotations)
  return lineIn(summary) || lineIn(description) || lineIn(message) || scalarIn(alert.status)
}

function valuesText({ values }: Payload): string {
  const shown = Object.entries(objectIn(values))
    .slice(0, MAX_VALUES)
    .map(([key, value]) => `${key}=${scalarIn(value)}`)
  return shown.length === 0 ? '' : `(${shown.join(' ')})`
}
