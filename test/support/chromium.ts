/** Where the browser of the tests and the benchmarks is, and how it runs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A Chromium with windows, as people have. */
export const WHOLE = firstOnPath('chromium', 'chromium-browser', 'google-chrome')

/** A Chromium without windows where there is one, as it takes less than half the CPU time for each page. */
export const EXECUTABLE = firstOnPath('chromium-headless-shell') ?? WHOLE

function firstOnPath(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(':')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file))
}

/**
 * What a window of a whole browser starts that nobody here sees, each in a process of its own: two pages behind the address
 * bar, and one in waiting for the next page. The others are the ones of Playwright's own list that keep a browser quiet, as
 * the last list is the one that counts.
 */
const NOT_WANTED = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'SpareRendererForSitePerProcess',
  'AimEnabled',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
]

/** It runs as root, draws nothing that anybody looks at, and finds little shared memory in a container. */
export const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--in-process-gpu',
  '--disable-dev-shm-usage',
  `--disable-features=${NOT_WANTED.join()}`,
  // Pages of other hosts, for which a browser does not send Sec-Fetch-Site, as it does for the machine's own addresses.
  '--host-resolver-rules=MAP *.example 127.0.0.1',
]
