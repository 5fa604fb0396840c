/** Properties of the machine: the limit of open files, and its addresses. */
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { LIMITS, openFilesLimit } from './transport/descriptors.ts'
import type { Address } from './transport/port.ts'

/** File descriptors besides connections: the store, Redis, the log, listeners, and connections that are refused with a reason. */
const OTHER_DESCRIPTORS = 150

/** Returns the maximum open files of this process; undefined if unlimited or unknown. Node.js raises the soft limit when it starts. */
function descriptorLimit(): number | undefined {
  try {
    return openFilesLimit(readFileSync(LIMITS, 'utf8'))
  } catch {
    return undefined
  }
}

/** Returns the numbers for a warning if `wanted` connections exceed the limit of open files; else undefined. */
export function lackingDescriptors(wanted: number) {
  const openFiles = descriptorLimit()
  if (openFiles === undefined || openFiles >= wanted + OTHER_DESCRIPTORS) return undefined
  return { openFiles, connectionsThatFit: Math.max(0, openFiles - OTHER_DESCRIPTORS) }
}

/** Returns a hint for users at a terminal how to connect; undefined without a suitable listener. */
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

/** Returns the address of a listener; for one on all addresses, an external address of this machine. */
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
