/** @typedef {import('./figures.mjs').Measured} Measured */

/** @param {number} runs @param {() => Promise<Measured>} once */
export async function repeated(runs, once) {
  const measured = [];
  for (let i = 0; i < runs; i++) measured.push(await once());
  return measured;
}
