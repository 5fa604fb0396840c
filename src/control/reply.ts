/** A part of the reply to a request; `done` or `failed` is the last one. */
export type ControlReply =
  /** A row of a table, whose first one may be its header, and the object that --json prints for it. */
  | { readonly row: readonly string[]; readonly object?: object }
  | { readonly warning: string }
  | { readonly done: string }
  | { readonly failed: string }
