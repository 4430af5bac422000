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
 * @property {readonly { find: string, replace: string }[]} [also] Further places in the same file, before that one.
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
    find: 'transaction.commit();',
    replace: 'request.onsuccess = () => resolve();\n    transaction.commit();',
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
  {
    name: 'term-not-checked',
    what: 'A record of sync is written without a look whose turn it is.',
    file: 'src/sync/context.ts',
    find: 'checkTurn(standing, ctx.term);\n    return decide(standing);',
    replace: 'return decide(standing);',
  },
  {
    name: 'thawed-leader-sends',
    what: 'A leader that thaws sends without a fresh look into the journal.',
    file: 'src/sync/context.ts',
    find: 'await store.refresh();\n    checkTurn(store.standing, term);',
    replace: '',
  },
  {
    name: 'sent-after-the-request',
    what: 'Entries are marked as sent when the request is out.',
    file: 'src/sync/push.ts',
    find: 'await acknowledge(ctx, batch.after);',
    replace: 'await markSent(ctx, size);\n  await acknowledge(ctx, batch.after);',
    also: [{ find: 'await markSent(ctx, size);\n  signal.throwIfAborted();', replace: '' }],
  },
  {
    name: 'sealed-again-for-a-retry',
    what: 'A request that is repeated seals its entries anew.',
    file: 'src/sync/push.ts',
    find: 'resealEntry(await ctx.keys.entry(entry.header.epoch), entry)',
    replace:
      'resealEntry(await ctx.keys.entry(entry.header.epoch), { ...entry, nonce: ctx.runtime.randomBytes(12) })',
  },
  {
    name: 'hold-never-ends',
    what: 'A hold of our own log stays when its reason is gone.',
    file: 'src/sync/own-log.ts',
    find: 'if (standing.holds.has(log)) await release(ctx, log);',
    replace: '',
  },
  {
    name: 'root-not-checked',
    what: 'Entries count when there are as many as the head says, whatever their root is.',
    file: 'src/sync/log-run.ts',
    find: 'if (!equal(frontierRoot(frontier), root)) return false;',
    replace: '',
  },
  {
    name: 'clock-lowered',
    what: 'The clock follows the stamp that came last, up or down.',
    file: 'src/model/clock.ts',
    find: 'return stamp > clock ? stamp : clock;',
    replace: 'return stamp;',
  },
  {
    name: 'quota-swallowed',
    what: 'A write that the full disk refused counts as made.',
    file: 'src/store/database.ts',
    find: "if (fault === 'full') this.#setFull(true);",
    replace: "if (fault === 'full') return undefined as never;",
  },
  {
    name: 'status-forgets-holds',
    what: 'The status says nothing of logs that are held.',
    file: 'src/model/sync-status.ts',
    find: '...holdReasons(devices),',
    replace: '',
  },
  {
    name: 'sealed-counts-as-sent',
    what: 'The count of unsent changes leaves out what is sealed.',
    file: 'src/store/standing.ts',
    find: 'return sealed.reduce(',
    replace: 'return sealed.slice(0, 0).reduce(',
  },
  {
    name: 'hearsay-of-the-leader',
    what: 'A tab shows what the leader compared before it has read it in the journal.',
    file: 'src/worker/sync-side.ts',
    find: 'void this.#hear(state);',
    replace: 'this.#tell(state);',
  },
  {
    name: 'compared-too-late',
    what: 'The comparison counts as of the answer, not as of the question.',
    file: 'src/sync/one-cycle.ts',
    find: 'if (isComplete) onCompared(learned.askedAt);',
    replace: 'if (isComplete) onCompared(ctx.runtime.now());',
  },
  {
    name: 'acknowledged-by-refusal',
    what: 'A relay that refuses entries for their size is taken for one that has them.',
    file: 'src/sync/push.ts',
    find: "if (!isError(thrown, 'stale-membership')) throw thrown;",
    replace:
      "if (isError(thrown, 'too-large')) return request.start + request.entries.length - 1;\n    if (!isError(thrown, 'stale-membership')) throw thrown;",
  },
  {
    name: 'fold-forgets-newer',
    what: 'With a new base, rows that changed since it was made leave memory as well.',
    file: 'src/store/memory-table.ts',
    find: 'if (slot.changedAt > position) ids.add(id);',
    replace: 'if (slot.changedAt > position + 2) ids.add(id);',
  },
  {
    name: 'swept-in-use',
    what: 'The sweep deletes pages that the base rests on.',
    file: 'src/store/compaction.ts',
    find: 'of [base, before]) {',
    replace: 'of [before]) {',
  },
  {
    name: 'fold-lays-over',
    what: 'A row that is known in part takes the place of the whole one in its page.',
    file: 'src/store/compaction.ts',
    find: 'const after = below === null ? row : mergeRows(below, row);',
    replace: 'const after = row;',
  },
  {
    name: 'pages-behind-their-record',
    what: 'A new base is in the journal before its last pages are on disk.',
    file: 'src/store/compaction.ts',
    find: '    await this.#sink.flush();\n    return { boundary, tables, indexes };',
    replace: '    return { boundary, tables, indexes };',
  },
  {
    name: 'opened-one-short',
    what: 'Opening passes over the record behind the base.',
    file: 'src/store/opening.ts',
    find: 'if (position <= boundary) continue;',
    replace: 'if (boundary > 0 && position <= boundary + 1) continue;',
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
      let planting = code;
      for (const { find, replace } of [...(bug.also ?? []), bug]) {
        if (planting.split(find).length !== 2)
          throw new Error(`${name}: not exactly once in ${bug.file}: ${find}`);
        planting = planting.replace(find, () => replace);
      }
      planted = true;
      return planting;
    },
    buildEnd(error) {
      if (!error && !planted) throw new Error(`${name}: ${bug.file} is no part of the simulator`);
    },
  };
}
