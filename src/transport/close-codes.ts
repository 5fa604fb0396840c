/** Codes of close frames (RFC 6455, 7.4, and its registry); after 1012 clients reconnect. */
export const CLOSE_CODES = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  tooBig: 1009,
  serviceRestart: 1012,
  tryLater: 1013,
} as const
