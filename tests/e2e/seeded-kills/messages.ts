/** What a page of seeded kills and its worker say to each other beside the calls of the client. */

export interface ToWorker {
  /** Stand still for good at so many awaits from now. */
  readonly arm: number;
  /** Of this kind alone. */
  readonly kind?: string;
}

export interface ToPage {
  /** What kind of await the worker stands at. */
  readonly frozenAt: string;
}
