/** Two people edit the same rows apart, and come back in either order. */
import { describe, expect, test } from 'vitest';
import { type App, converged } from './app.ts';
import { withTwoDevices } from './two-devices.ts';

describe('two devices that edit the same rows offline', () => {
  let a: App;
  let b: App;

  withTwoDevices(async (two) => {
    ({ a, b } = two);
    await a.createSpace('Ada');
    await a.upToDate();
    await b.join(await a.invite(), 'Ben');
  });

  test.for([
    ['A', 'B'],
    ['B', 'A'],
  ] as const)('MRG-1, MRG-3, MRG-7: come out alike when %s reconnects before %s', async ([first]) => {
    const list = `Hut ${first}`;
    await a.addList(list);
    for (const title of ['both cells', 'one cell', 'edit, then delete', 'delete, then edit', 'untouched']) {
      await a.addItem(title);
    }
    await converged(a, b);
    await b.openList(list);
    await a.profile.goOffline();
    await b.profile.goOffline();

    // A writes first and B after, so what has to win is known: the later stamp.
    await a.openList(list);
    await a.retitle('both cells', 'title of A');
    await a.retitle('one cell', 'cell of A');
    await a.retitle('edit, then delete', 'edited by A');
    await a.deleteItem('delete, then edit');
    await b.writeNote('both cells', 'note of B');
    await b.retitle('one cell', 'cell of B');
    await b.deleteItem('edit, then delete');
    await b.retitle('delete, then edit', 'edited by B');

    const [early, late] = first === 'A' ? [a, b] : [b, a];
    await early.profile.goOnline();
    await early.upToDate();
    await late.profile.goOnline();
    await converged(a, b);

    for (const app of [a, b]) {
      await app.openList(list);
      const expected = ['cell of B', 'edited by B', 'title of A', 'untouched'];
      await expect.poll(() => app.itemTitles()).toEqual(expected);
      expect(await app.noteOf('title of A')).toBe('note of B');
    }
  });

  test('MRG-11: the value that lost without having been seen is kept on the device that wrote it', async () => {
    // In each order A's title of "one cell" lost to B's, which had not seen it; and A's edit lost to B's delete is no cell's loss.
    await a.page.evaluate(() => {
      location.hash = '#/sync';
    });
    await expect.poll(() => a.page.getByTestId('conflict').count()).toBe(2);
    expect(await a.page.getByTestId('conflicts').textContent()).toContain('cell of A');
  });

  test('APP-18: no error went unhandled on either device', () => {
    expect([...a.profile.errors, ...b.profile.errors]).toEqual([]);
  });
});
