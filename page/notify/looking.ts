/** Returns true if somebody may be looking at the page: it is seen, and its window is the one that is used. */
export function isLookedAt() {
  return !document.hidden && document.hasFocus()
}
