/** The invitation in a text that was pasted: a whole link, or the part from # on; null if there is none. */
export function invitationIn(text: string): string | null {
  const found = /#join=[\w-]+/.exec(text.replace(/\s+/g, ''));
  return found === null ? null : found[0];
}
