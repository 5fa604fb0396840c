/** Paths of the signs on buttons, 24 units wide. */
const PATHS = {
  menu: 'M4 6h16M4 12h16M4 18h16',
  people:
    'M16 20v-1a4 4 0 0 0-4-4H7a4 4 0 0 0-4 4v1M9.5 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M21 20v-1a4 4 0 0 0-3-3.9M15.5 4.2a3.5 3.5 0 0 1 0 6.6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4',
  calendar: 'M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1M4 10h16M8 3v4M16 3v4',
  more: 'M12 6a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1M12 12.5a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1M12 19a.5.5 0 1 0 0-1 .5.5 0 0 0 0 1',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  pencil: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  reply: 'M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6v1',
  lock: 'M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11',
} as const

export type IconName = keyof typeof PATHS

const SVG = 'http://www.w3.org/2000/svg'

/** Returns a sign, which screen readers pass over. */
export function icon(name: IconName) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  svg.append(path)
  return svg
}

/** Makes a button that is seen as a sign only. */
export function iconButton(name: IconName, label: string, act: () => void) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'icon'
  button.ariaLabel = button.title = label
  button.append(icon(name))
  button.addEventListener('click', act)
  return button
}
