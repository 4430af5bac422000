/** A promise that a run broke. */
export class Broken extends Error {
  override readonly name = 'Broken';
}
