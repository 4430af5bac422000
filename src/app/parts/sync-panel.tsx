/** The truth about sync, in plain words first and in exact terms in the fold at its end (DESIGN §13, APP-2 to APP-4). */
import { useState } from 'preact/hooks';
import type { Reason, SpaceStatus } from '../../client/index.ts';
import { clockTime } from '../counted.ts';
import { labelOf, placeHere } from '../device-names.ts';
import { passedWords } from '../device-words.ts';
import { errorWords } from '../error-words.ts';
import { holdWords } from '../hold-words.ts';
import { ago, bytes } from '../measures.ts';
import { attempt } from '../notices.ts';
import { now, useObserved } from '../observed.ts';
import { ordered, pillOf } from '../pill.ts';
import { hashOf, type Place } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { unsentWords } from '../unsent-words.ts';
import { keepersOf } from '../who-has.ts';
import { reasonWords, type Scene, type StateWords } from '../words.ts';
import { ActivityFold } from './activity-fold.tsx';
import { ConflictSection } from './conflict-list.tsx';
import { DeviceList } from './device-list.tsx';
import { ExactTerms } from './exact-terms.tsx';
import { StateShape } from './icon.tsx';
import { Panel } from './panel.tsx';

export function SyncPanel({
  space,
  place,
  mayWrite,
}: {
  readonly space: AppSpace;
  readonly place: Place;
  readonly mayWrite: boolean;
}) {
  const status = useObserved(space.status);
  return (
    <Panel title="Sync" back={hashOf(place)} testId="sync-panel">
      <State space={space} status={status} />
      <ConflictSection space={space} devices={status.devices} mayWrite={mayWrite} />
      <section>
        <h3>Who has your changes</h3>
        <ul class="facts" data-testid="who-has">
          {keepersOf(status).map(({ where, what, hasAll }) => (
            <li key={where}>
              <div>
                <strong>{where}</strong>
                <small>{what}</small>
              </div>
              <span data-tone={hasAll ? 'quiet' : undefined}>
                <StateShape shape={hasAll ? 'stack' : 'ring'} />
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section data-testid="devices-panel">
        <h3>Devices</h3>
        <DeviceList devices={status.devices} />
      </section>
      <section>
        <h3>Storage on {placeHere()}</h3>
        <Storage
          storage={status.storage}
          isFull={status.reasons.some(({ kind }) => kind === 'storage-full')}
        />
      </section>
      <ActivityFold space={space} status={status} />
      <ExactTerms space={space} status={status} />
    </Panel>
  );
}

function State({ space, status }: { readonly space: AppSpace; readonly status: SpaceStatus }) {
  const [isAsked, setAsked] = useState(false);
  const scene = { place: placeHere(), who: labelOf(status.devices) };
  const pill = pillOf(status, scene, now.value);
  const isStuck = status.reasons.some(({ kind }) => kind.startsWith('storage-'));
  const reasons = ordered(status.reasons).map((reason) => wordsInFull(reason, scene, now.value, isStuck));
  const upToDate = { ...pill, ...(status.devices.some(({ passed }) => passed > 0) ? upToDateBut : {}) };
  const said = reasons.length === 0 ? [upToDate] : reasons;
  const left = passedWords(status.devices).map((words) => ({ ...words, tone: 'waiting' as const }));
  const syncNow = async (): Promise<void> => {
    setAsked(true);
    await attempt(() => space.syncNow());
    setAsked(false);
  };
  return (
    <section class="state">
      <p class="state-word" data-tone={pill.tone}>
        <StateShape shape={pill.shape} />
        <strong>{pill.word}</strong>
        {pill.asOf !== null && <span>{pill.asOf}</span>}
      </p>
      <ul class="reasons" data-testid="reasons">
        {[...said, ...left].map(({ means, next, tone }) => (
          <li key={means} data-tone={tone}>
            <p>{means}</p>
            {next !== 'Nothing to do.' && <p class="next">{next}</p>}
          </li>
        ))}
      </ul>
      <p class="actions">
        <button type="button" class="plain" data-testid="sync-now" disabled={isAsked} onClick={syncNow}>
          {isAsked ? 'Syncing…' : 'Sync now'}
        </button>
        <small>
          Last compared {status.asOf === null ? 'never' : ago(Math.min(status.asOf, now.value), now.value)}
          {status.lastError !== null &&
            status.nextTryAt !== null &&
            status.nextTryAt > now.value &&
            `, next try ${ago(status.nextTryAt, now.value)}`}
        </small>
      </p>
    </section>
  );
}

/** "Up to date" beside what nobody can read. */
const upToDateBut = { means: 'All your changes are on the server, and all that can be read there is here.' };

/** Asked for on a step of the person's own, since some browsers ask back; the status says what came of it. */
function askToKeep(): void {
  navigator.storage?.persist?.().catch(() => {});
}

function Storage({
  storage: { persisted, usage, quota },
  isFull,
}: {
  readonly storage: SpaceStatus['storage'];
  readonly isFull: boolean;
}) {
  // What a browser says that it allows may be more than it takes.
  const most = isFull
    ? ', and the browser takes no more'
    : quota === null
      ? ''
      : ` of ${bytes(quota)} allowed`;
  return (
    <>
      <p data-testid="storage">
        {bytes(usage)} used{most}. {persisted === true && 'The browser has promised to keep it.'}
        {persisted === false && 'The browser may delete it when space runs low.'}
        {persisted === null && 'Whether the browser will keep it is not known.'}
      </p>
      {persisted === false && (
        <p>
          <button type="button" class="plain" onClick={askToKeep}>
            Ask the browser to keep it
          </button>
        </p>
      )}
    </>
  );
}

/** A reason in words, one that the server gave with what its code says. */
function wordsInFull(reason: Reason, scene: Scene, at: number, isStuck: boolean): StateWords {
  const words = reasonWords(reason, scene);
  switch (reason.kind) {
    case 'relay-error':
      return { ...words, ...errorWords(reason.values) };
    case 'held':
      return { ...words, ...holdWords(reason.values.reason, scene.who(reason.values.device)) };
    case 'unsent': {
      const { why } = reason.values;
      if (why !== null) return { ...words, ...unsentWords(words, why) };
      return isStuck ? { ...words, next: 'To be sent they need the storage as well.' } : words;
    }
    case 'waiting':
      return {
        ...words,
        means: `The last try did not succeed; the next one is ${nextTry(reason.values.until, at)}.`,
      };
    default:
      return words;
  }
}

function nextTry(until: number, at: number): string {
  return until > at ? `at ${clockTime(until, at)}` : 'due now';
}
