import { fold } from '../../chat/names.ts'

/** Returns a check whether the characters of texts fit a mask: `*` stands for any, `?` for one. It takes at most as long as both lengths multiplied. */
export function fitting(mask: string): (given: readonly string[]) => boolean {
  const wanted = [...mask]
  return (given) => {
    // Places in both, and those to go on from behind the last `*` when they differ.
    let [at, place] = [0, 0]
    let [star, resumed] = [-1, 0]
    while (place < given.length) {
      if (wanted[at] === '*') {
        star = at++
        resumed = place
      } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[place])) {
        at++
        place++
      } else if (star >= 0) {
        at = star + 1
        place = ++resumed
      } else return false
    }
    return wanted.slice(at).every((rest) => rest === '*')
  }
}

/** Returns a check whether the users of sources fit a mask: one without `~` also fits a user with it. */
export function fittingUsers(mask: string): (shown: string) => boolean {
  const fits = fitting(fold(mask))
  return (shown) => [shown, shown.replace(/^~/, '')].some((each) => fits([...fold(each)]))
}
