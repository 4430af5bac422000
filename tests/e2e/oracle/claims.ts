/** What a page claims of sync at one moment, and what its journal holds before and after that moment. */
import type { Page } from 'playwright-core';

/** One line of "Who has your changes". */
export interface KeeperClaim {
  /** "On the server", "On Ben’s computer" */
  readonly where: string;
  readonly what: string;
}

/** One line of "Devices". */
export interface DeviceClaim {
  readonly number: number;
  readonly label: string;
  readonly isThis: boolean;
  readonly cursor: number;
  /** Null: unknown. */
  readonly head: number | null;
  readonly hold: string | null;
}

/** All that one page says in one moment: read in one go, so no drawing comes in between. */
export interface Claims {
  /** The page's wall clock, ms. */
  readonly at: number;
  readonly word: string;
  /** The reasons why it is not up to date. */
  readonly kinds: readonly string[];
  /** How many changes it says are only here; null if it says of none. */
  readonly number: number | null;
  /** As of when it says that it is up to date, ms. */
  readonly asOf: number | null;
  /** What the panel says; null while it is closed. */
  readonly panel: {
    readonly keepers: readonly KeeperClaim[];
    readonly devices: readonly DeviceClaim[];
  } | null;
}

/** Journal records as they lie in the browser, from a position on. */
interface Records {
  readonly from: number;
  readonly base64: readonly string[];
}

export interface Sample {
  readonly claims: Claims;
  readonly before: Records;
  readonly after: Records;
}

/** Null if the page shows no pill: it has just been opened, or is gone. Rejects if it goes meanwhile. */
export async function sample(page: Page, known: number): Promise<Sample | null> {
  return page.evaluate(inPage, known);
}

/** The database of the only space of this page's browser. */
export function databaseName(page: Page): Promise<string> {
  return page.evaluate(async () => (await indexedDB.databases())[0]?.name ?? '');
}

/** Runs in the page, so it stands alone. */
async function inPage(known: number): Promise<Sample | null> {
  const read = async (from: number): Promise<Records> => {
    const [{ name = '' } = {}] = await indexedDB.databases();
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    try {
      const all = await new Promise<Uint8Array[]>((resolve, reject) => {
        const journal = database.transaction('journal').objectStore('journal');
        const request = journal.getAll(IDBKeyRange.lowerBound(from));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const text = (bytes: Uint8Array): string => {
        let binary = '';
        for (const byte of bytes) binary += String.fromCharCode(byte);
        return btoa(binary);
      };
      return { from, base64: all.map(text) };
    } finally {
      database.close();
    }
  };
  const at = (testId: string, within: ParentNode = document) =>
    within.querySelector(`[data-testid="${testId}"]`);
  const look = (): Claims | null => {
    const pill = at('pill');
    if (pill === null) return null;
    const digits = pill.querySelector('.pill-number:not([data-testid="pill-conflicts"])')?.textContent;
    const asOf = pill.querySelector('time')?.dateTime;
    const panel = at('sync-panel');
    const kinds = pill.getAttribute('data-kind') ?? '';
    return {
      at: Date.now(),
      word: pill.querySelector('.pill-word')?.textContent ?? '',
      kinds: kinds === '' ? [] : kinds.split(' '),
      number: digits ? Number(digits.replaceAll(',', '')) : null,
      asOf: asOf === undefined ? null : Date.parse(asOf),
      panel:
        panel === null
          ? null
          : {
              keepers: [...(at('who-has', panel)?.querySelectorAll('li') ?? [])].map((line) => ({
                where: line.querySelector('strong')?.textContent ?? '',
                what: line.querySelector('small')?.textContent ?? '',
              })),
              devices: [...panel.querySelectorAll('[data-testid="device-row"]')].map((row) => {
                const head = row.getAttribute('data-head');
                return {
                  number: Number(row.getAttribute('data-device')),
                  label: row.querySelector('strong')?.textContent ?? '',
                  isThis: row.getAttribute('data-this') === 'true',
                  cursor: Number(row.getAttribute('data-cursor')),
                  head: head === 'unknown' ? null : Number(head),
                  hold: row.getAttribute('data-hold'),
                };
              }),
            },
    };
  };
  const before = await read(known + 1);
  const claims = look();
  if (claims === null) return null;
  return { claims, before, after: await read(known + 1 + before.base64.length) };
}
