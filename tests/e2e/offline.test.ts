/** A writes far from any network; B, in another browser, reads the same (issue "The thread", first acceptance). */
import { describe, expect, test } from 'vitest';
import { type App, converged } from './app.ts';
import { places, toCsv } from './places.ts';
import type { RelayProcess } from './relay-process.ts';
import { withTwoDevices } from './two-devices.ts';

describe('ten thousand places, written offline', () => {
  let relay: RelayProcess;
  let a: App;
  let b: App;
  const rows = places(10_000);
  const countries = new Set(rows.map(({ country }) => country)).size;
  const [japan = '', greece = ''] = ['JP', 'GR'].map((code) => {
    const place = rows.find(({ country }) => country.endsWith(`(${code})`));
    return place?.country ?? '';
  });
  const [firstOfJapan = '', secondOfJapan = '', thirdOfJapan = ''] = rows
    .filter(({ country }) => country === japan)
    .map(({ name }) => name);

  withTwoDevices((two) => {
    ({ relay, a, b } = two);
  });

  test('APP-11, PUSH-1: A imports, edits, deletes and restores without a network, and finds all of it after a reload', async () => {
    await a.createSpace('Ada');
    await a.readyOffline();
    await a.profile.goOffline();
    await a.says('offline');

    const header = ['country', 'name', 'note'];
    const lines = rows.map(({ country, name, latitude, longitude }) => [
      country,
      name,
      `${latitude}, ${longitude}`,
    ]);
    const report = await a.importCsv('places.csv', toCsv(header, lines));
    expect(report).toEqual({ rows: 10_000, lists: countries, faults: 0 });

    await a.openList(japan);
    const before = await a.itemCount();
    await a.retitle(firstOfJapan, '北の町');
    await a.deleteItem(secondOfJapan);
    await a.deleteItem(thirdOfJapan);
    await a.restore(thirdOfJapan);
    await expect.poll(() => a.itemCount()).toBe(before - 1);
    await a.openList(greece);
    const ofGreece = await a.itemCount();
    await a.deleteOpenList();
    const withoutGreece = { shown: 10_000 + countries - 1 - 1 - ofGreece, hidden: ofGreece };
    await expect.poll(() => a.rows()).toEqual(withoutGreece);
    await a.restore(greece);

    const kept = { shown: 10_000 + countries - 1, hidden: 0 };
    await expect.poll(() => a.rows()).toEqual(kept);
    const digest = await a.digest();
    const asked = a.profile.network.requests.length;
    await a.reload();
    await expect.poll(() => a.rows()).toEqual(kept);
    expect(await a.digest()).toBe(digest);
    await a.openList(japan);
    await expect.poll(() => a.itemTitles()).toContain('北の町');
    expect(await a.itemTitles()).not.toContain(secondOfJapan);
    expect(a.profile.network.requests.length, 'requests that went out while offline').toBe(asked);
    expect(await a.reasons()).toContain('offline');
  });

  test('JOIN-5, PULL-7: when the network is back B joins by link in a browser of its own and gets the same rows', async () => {
    await a.profile.goOnline();
    await a.upToDate();
    const link = await a.invite();
    await b.join(link, 'Ben');
    await converged(a, b);
    await expect.poll(() => b.rows()).toEqual({ shown: 10_000 + countries - 1, hidden: 0 });
    await b.openList(japan);
    await expect.poll(() => b.itemTitles()).toContain('北の町');
    expect(await b.itemTitles()).toContain(thirdOfJapan);
    expect(await b.itemTitles()).not.toContain(secondOfJapan);
  });

  test('APP-11: B opens the app with the relay gone and its browser started anew, and its rows are here', async () => {
    await b.readyOffline();
    const rowsOfB = await b.rows();
    const digest = await b.digest();
    await b.profile.kill();
    await relay.kill();
    await b.profile.launch();
    await b.open();
    await expect.poll(() => b.rows()).toEqual(rowsOfB);
    expect(await b.digest()).toBe(digest);
    await relay.start();
    await converged(a, b);
  });

  test('RELAY-18: the whole of it ran under the strict Content-Security-Policy without an error that nobody handled', async () => {
    const answer = await fetch(relay.origin);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'|default-src 'self'/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
    expect([...a.profile.errors, ...b.profile.errors]).toEqual([]);
  });
});
