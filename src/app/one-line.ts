/** A title is one line, also one that was typed or pasted as several. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
