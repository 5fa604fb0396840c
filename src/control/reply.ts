/** A part of the reply to a request; `done` or `failed` is the last one. */
export type ControlReply =
  /** A row of a table; the first one is its header. */
  | { readonly row: readonly string[] }
  | { readonly warning: string }
  | { readonly done: string }
  | { readonly failed: string }
