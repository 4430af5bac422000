/**
 * The oracle beside the app: two browsers, one relay, and a run of seeded actions and faults. Over and over it reads what each page
 * claims, and then the relay's own store and both journals, and finds whatever was claimed and is not so (APP-1, APP-2).
 *
 * `ORACLE_SECONDS` is how long; `npm run soak` runs ten minutes. The same seed gives the same actions, not the same timing.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spaceFromText } from '../../src/format/bytes.ts';
import { runSeed } from '../property.ts';
import { Random } from '../sim/random.ts';
import { converged } from './app.ts';
import { type Claims, databaseName, sample } from './oracle/claims.ts';
import { faultsOfARun } from './oracle/faults.ts';
import { lies, type Truth } from './oracle/judge.ts';
import { hookStatus, type Lie } from './oracle/lie.ts';
import { list, Person } from './oracle/person.ts';
import { JournalTruth, RelayTruth } from './oracle/truth.ts';
import { RelayProcess } from './relay-process.ts';
import { until } from './waiting.ts';

const seconds = Number(process.env.ORACLE_SECONDS ?? 40);

let relay: RelayProcess;
let people: readonly [Person, Person];
let truth: RelayTruth;
let journals: Map<Person, JournalTruth>;
let isOver = false;
let watching: Promise<unknown>;

const tally: Record<string, number> = {};
const count = (what: string): void => {
  tally[what] = (tally[what] ?? 0) + 1;
};
/** What was done last, for whoever reads a lie. */
const story: string[] = [];

beforeAll(async () => {
  relay = await RelayProcess.start();
  const [ada, ben] = await Promise.all(['Ada', 'Ben'].map((name) => Person.open(name, relay)));
  if (ada === undefined || ben === undefined) throw new Error('Nobody came');
  people = [ada, ben];
  await ada.tab.createSpace('Ada');
  await ada.tab.addList(list);
  await ada.tab.upToDate();
  await ben.tab.join(await ada.tab.invite(), 'Ben');
  await converged(ada.tab, ben.tab);
  for (const { tab } of people) {
    await tab.readyOffline();
    await tab.openList(list);
  }
  const name = await databaseName(ada.tab.page);
  const space = spaceFromText(name.replace('cairn-', ''));
  truth = new RelayTruth(relay.data, space);
  journals = new Map(people.map((person) => [person, new JournalTruth(space)]));
  // So that what it had at any moment is known.
  watching = until('the run is over', () => truth.read() && isOver, Boolean, (seconds + 600) * 1000);
});
afterAll(async () => {
  isOver = true;
  await watching;
  truth?.close();
  for (const person of people ?? []) await person.dispose();
  await relay?.dispose();
});

/** Reads what a person's page claims, then what is true; gives what of it is not. */
async function judge(person: Person): Promise<{ claims: Claims; found: string[] } | null> {
  const journal = journalOf(person);
  const seen = await sample(person.tab.page, journal.standing.position);
  if (seen === null) return null;
  const { before, after } = await journal.take(seen);
  for (const other of people) if (other !== person) await readJournal(other);
  const appliedBy: Truth['appliedBy'] = (device, log) => {
    const of = [...journals.values()].find(({ standing }) => standing.device === device);
    const [, cursor] = [...(of?.standing.cursors ?? [])].find(([number]) => number === log) ?? [];
    return of === undefined ? null : (cursor?.size ?? 0);
  };
  const now = truth.read();
  const relayAt = (time: number) => truth.atLeastAt(time);
  const found = lies(seen.claims, { before, after, relay: now, relayAt, appliedBy });
  return { claims: seen.claims, found };
}

async function readJournal(person: Person): Promise<void> {
  const journal = journalOf(person);
  const seen = await sample(person.tab.page, journal.standing.position);
  if (seen !== null) await journal.take(seen);
}

function journalOf(person: Person): JournalTruth {
  const journal = journals.get(person);
  if (journal === undefined) throw new Error(`No journal of ${person.name}`);
  return journal;
}

async function judgeAll(): Promise<void> {
  for (const person of people) {
    const judged = await judge(person);
    if (judged === null) {
      count('no claim');
      continue;
    }
    const { claims, found } = judged;
    count('samples');
    count(`says ${claims.word}`);
    if (claims.number !== null) count('with a number');
    if (claims.panel !== null) count('with the panel');
    if (found.length === 0) continue;
    const claimed = JSON.stringify(claims);
    throw new Error(`${person.name}: ${found.join('; ')}\n${claimed}\n${story.slice(-20).join('\n')}`);
  }
}

/** The relay of the run: it runs, is dead, or hangs. */
let standing: 'runs' | 'dead' | 'hangs' = 'runs';

async function moveRelay(random: Random): Promise<string> {
  if (standing === 'runs' && random.chance(0.5)) {
    relay.freeze();
    standing = 'hangs';
    return 'the relay hangs';
  }
  if (standing === 'runs') {
    await relay.kill();
    standing = 'dead';
    return 'the relay is killed';
  }
  if (standing === 'dead') await relay.start();
  else relay.thaw();
  standing = 'runs';
  return 'the relay runs again';
}

const faults = faultsOfARun();

type Act = (person: Person, random: Random) => Promise<string>;
/** How often each is done, and what. */
const acts: readonly (readonly [number, Act])[] = [
  [40, (person, random) => person.write(random)],
  [8, (person) => person.look().then(() => 'looks')],
  [8, (person) => person.askForSync().then(() => 'asks for sync')],
  [12, (person) => person.toggleOffline()],
  [8, (_, random) => moveRelay(random)],
  [
    10,
    async (person, random) => {
      const fault = random.pick(random.chance(0.3) ? faults.late : faults.others);
      person.meet(fault);
      return `meets ${fault.name}`;
    },
  ],
  [
    14,
    async ({ proxy }) => {
      proxy.heal();
      return 'meets no fault any more';
    },
  ],
  [
    3,
    async ({ proxy }) => {
      proxy.drop();
      return 'loses every connection';
    },
  ],
  [4, (person) => person.reload().then(() => 'reloads')],
  [3, (person) => person.crashTab().then(() => 'opens a crashed tab again')],
  [2, (person) => person.killBrowser().then(() => 'starts a killed browser')],
  [3, (person) => person.freeze().then(() => 'is frozen')],
];
const whole = acts.reduce((sum, [weight]) => sum + weight, 0);

function draw(random: Random): Act {
  let left = random.below(whole);
  for (const [weight, act] of acts) {
    if (left < weight) return act;
    left -= weight;
  }
  throw new Error('The weights do not add up');
}

/** What went wrong does not stay so for long: most is claimed when things go well again. */
async function mend(person: Person, random: Random): Promise<string | null> {
  // A tab that stands still does nothing else.
  if (person.isFrozen) return person.thaw().then(() => 'is thawed');
  if (standing !== 'runs' && random.chance(0.3)) return moveRelay(random);
  if (person.isOffline && random.chance(0.3)) return person.toggleOffline();
  return null;
}

async function act(random: Random): Promise<void> {
  const person = random.pick(people);
  const done = (await mend(person, random)) ?? (await draw(random)(person, random));
  story.push(`${person.name} ${done}`);
  count('actions');
}

async function healAll(): Promise<void> {
  if (standing === 'hangs') relay.thaw();
  if (standing === 'dead') await relay.start();
  standing = 'runs';
  for (const person of people) await person.heal();
}

test(`APP-1, APP-2: over ${seconds} seconds of seeded faults no page claims more than the relay's store and both journals hold`, {
  timeout: (seconds + 300) * 1000,
}, async () => {
  const random = new Random(runSeed());
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await act(random);
    await judgeAll();
    const rest = performance.now() + random.below(1_000);
    const lookAround = async (): Promise<boolean> => {
      await judgeAll();
      return performance.now() >= rest;
    };
    await until('a moment has passed', lookAround, Boolean);
  }
  await healAll();
  const digest = await converged(...people.map(({ tab }) => tab));
  await judgeAll();
  console.log(`The oracle's run from seed ${runSeed()}, ${seconds} s, digest ${digest.slice(0, 8)}:`, tally);
  expect(tally['says Up to date']).toBeGreaterThan(0);
  expect(tally['with a number']).toBeGreaterThan(0);
  expect(tally['with the panel']).toBeGreaterThan(0);
  for (const { profile } of people) expect(profile.errors).toEqual([]);
});

/** What is planted in that which the worker tells the page while two changes are only here, and what the oracle says of it. */
const planted: readonly (readonly [lie: Lie, finding: RegExp])[] = [
  ['one fewer', /says 1 are only here, and 2 are/],
  ['no reason', /says up to date, with 2 only here/],
  ['further', /are here, and \d+ are/],
  ['others have it', /On Ben’s computer: all but the 2 changes only here”, and it /],
];

test('APP-1, APP-2: the oracle catches lies that are planted between the worker and the page', async () => {
  const [ada, ben] = people;
  await healAll();
  await ben.toggleOffline();
  await ada.tab.page.addInitScript(hookStatus);
  await ada.reload();
  await ada.tab.openList(list);
  await ada.tab.addItem('what Ben never heard of');
  await ada.tab.upToDate();
  for (const [lie, finding] of planted) {
    await ada.toggleOffline();
    await ada.tab.says('offline');
    await ada.tab.addItem(`told before ${lie}`);
    await ada.look();
    expect((await judge(ada))?.found).toEqual([]);
    await ada.tab.page.evaluate((lie) => Object.assign(window, { testLie: lie }), lie);
    await ada.tab.addItem(`told with ${lie}`);
    const found = async (): Promise<string> => (await judge(ada))?.found.join('; ') ?? '';
    await until('the lie is caught', found, (findings) => finding.test(findings));
    await ada.tab.page.evaluate(() => Object.assign(window, { testLie: null }));
    await ada.toggleOffline();
    await ada.tab.upToDate();
  }
});
