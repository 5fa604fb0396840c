/** The machine as the command line looks at it: how many files may be open, and at which address it is reached. */
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Address } from './transport/port.ts'

/** Descriptors that are not for connections: the store, Redis, the log, listeners, and clients that are told why they are refused. */
const RESERVED_DESCRIPTORS = 150

/** The files this process may have open; undefined where that is unbounded or cannot be told. Node raises the soft limit at its start. */
function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/** The numbers for a warning where `wanted` connections cannot be open at once; undefined where they can. */
export function lackingDescriptors(wanted: number) {
  const openFiles = descriptorLimit()
  if (openFiles === undefined || openFiles >= wanted + RESERVED_DESCRIPTORS) return undefined
  return { openFiles, connectionsThatFit: Math.max(0, openFiles - RESERVED_DESCRIPTORS) }
}

/** The sentence that tells a person at a terminal where to go; undefined where nothing listens that they could use there. */
export function whereToGo(addresses: ReadonlyMap<string, Address>, httpTls: boolean): string | undefined {
  const http = addresses.get('http')
  const line = addresses.get('line')
  const lineTls = addresses.get('line-tls')
  const ways: string[] = []
  if (http) ways.push(`Open ${httpTls ? 'https' : 'http'}://${inUrl(http)}:${http.port}/`)
  if (line) ways.push(`nc ${reachable(line)} ${line.port}`)
  else if (lineTls) ways.push(`openssl s_client -quiet -connect ${inUrl(lineTls)}:${lineTls.port}`)
  if (ways.length === 0) return undefined
  return http ? ways.join(' or: ') : `Talk: ${ways.join()}`
}

/** An address of this machine at which a listener on all of them is reached from elsewhere too. */
function reachable({ host }: Address): string {
  if (host !== '0.0.0.0' && host !== '::') return host
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses)
  const outer = all.find(({ family, internal }) => family === 'IPv4' && !internal)
  return outer?.address ?? '127.0.0.1'
}

function inUrl(address: Address): string {
  const host = reachable(address)
  return isIPv6(host) ? `[${host}]` : host
}
