/**
 * Bugs that a simulator worth its name finds (TEST-4): each is one change of one source file, made while the code is bundled and
 * never in the files themselves. `npm run sim -- --planted NAME` runs with one of them and must fail.
 *
 * @typedef {object} PlantedBug
 * @property {string} name
 * @property {string} what What breaks, in a sentence.
 * @property {string} file
 * @property {string} find Stands in the file exactly once.
 * @property {string} replace
 */

/** @type {readonly PlantedBug[]} */
export const plantedBugs = [
  {
    name: 'acknowledged-without-answer',
    what: 'A push whose answer is lost counts as acknowledged.',
    file: 'src/sync/push.ts',
    find: 'const answered = await append(ctx, { log, start: batch.from, entries, head: batch.head }, signal);',
    replace:
      'const answered = await append(ctx, { log, start: batch.from, entries, head: batch.head }, signal).catch(() => size);',
  },
  {
    name: 'first-delete-wins',
    what: 'Of two deletes of a row the one that arrives first stays, on each replica another.',
    file: 'src/model/merge.ts',
    find: 'if (row.tombstone !== null && !isLater(version, row.tombstone)) return',
    replace: 'if (row.tombstone !== null) return',
  },
  {
    name: 'last-arrival-wins',
    what: 'A cell takes whatever arrives last.',
    file: 'src/model/merge.ts',
    find: 'if (version.stamp !== held.stamp) return version.stamp > held.stamp;',
    replace: 'return true;',
  },
  {
    name: 'written-again-after-drop',
    what: 'A write whose commit was hidden by a dropped connection is made once more.',
    file: 'src/store/store.ts',
    find: 'else if (!(await this.#readOn({ position, bytes }))) continue;',
    replace: 'else { await this.#readOn({ position, bytes }); continue; }',
  },
  {
    name: 'success-before-complete',
    what: 'A write counts when its request succeeded, before its transaction has completed.',
    file: 'src/store/transaction.ts',
    find: 'transaction.objectStore(store).add(value, key);',
    replace: 'transaction.objectStore(store).add(value, key).onsuccess = () => resolve();',
  },
  {
    name: 'saved-fold-one-late',
    what: 'Opening folds the last record of the saved fold once more.',
    file: 'src/store/opening.ts',
    find: 'if (position <= savedAt) folding',
    replace: 'if (position < savedAt) folding',
  },
  {
    name: 'unsent-unsaid',
    what: 'The status says nothing of unsent changes.',
    file: 'src/model/sync-status.ts',
    find: 'if (unsent > 0) reasons.push',
    replace: 'if (unsent > 1e9) reasons.push',
  },
];

/** @param {string} name @returns {import('vite').Plugin} */
export function plant(name) {
  const bug = plantedBugs.find((one) => one.name === name);
  if (!bug)
    throw new Error(
      `no planted bug is called ${name}; there are ${plantedBugs.map((one) => one.name).join(', ')}`,
    );
  let planted = false;
  return {
    name: 'planted-bug',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith(`/${bug.file}`)) return null;
      if (code.split(bug.find).length !== 2)
        throw new Error(`${name}: not exactly once in ${bug.file}: ${bug.find}`);
      planted = true;
      return code.replace(bug.find, () => bug.replace);
    },
    buildEnd(error) {
      if (!error && !planted) throw new Error(`${name}: ${bug.file} is no part of the simulator`);
    },
  };
}
