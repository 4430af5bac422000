/** A space at work: lists, the items of one, and beside them an item or a panel. A phone shows one of the three at a time. */
import { useEffect, useState } from 'preact/hooks';
import { followKeys } from '../keys.ts';
import { lazily } from '../lazily.tsx';
import { dropActions } from '../notices.ts';
import { useObserved } from '../observed.ts';
import { BottomBar } from '../parts/bottom-bar.tsx';
import { Icon, Mark } from '../parts/icon.tsx';
import { ItemsPane } from '../parts/items-pane.tsx';
import { ListsPane } from '../parts/lists-pane.tsx';
import { SyncPill } from '../parts/pill.tsx';
import { labelAmong } from '../remembered.ts';
import { type Aside, hashOf, type Place, searching } from '../route.ts';
import type { AppSpace } from '../schema.ts';
import { nameAfterFounder, remembered, switchTo } from '../session.ts';

const Beside = lazily(() => import('./beside.tsx'), 'Beside');
const SearchPane = lazily(() => import('../parts/search-pane.tsx'), 'SearchPane');
const InviteDialog = lazily(() => import('../parts/invite-dialog.tsx'), 'InviteDialog');

export function Workspace(props: {
  readonly space: AppSpace;
  readonly place: Place;
  readonly aside: Aside | null;
}) {
  const { space, place, aside } = props;
  const list = typeof place === 'string' ? place : null;
  const status = useObserved(space.status);
  const role = status.devices.find(({ isThis }) => isThis)?.role;
  const mayWrite = role !== 'reader';
  const label = remembered.value.spaces.find(({ id }) => id === space.id)?.label ?? '';
  const [isInviting, setInviting] = useState(false);
  useEffect(followKeys, []);
  useEffect(() => dropActions, []);
  const founder = status.devices[0]?.memberName ?? null;
  useEffect(() => nameAfterFounder(space, founder), [space, founder]);
  const pane = aside !== null ? 'aside' : place !== null ? 'items' : 'lists';
  return (
    <div class="workspace" data-pane={pane} data-aside={aside !== null}>
      <header class="bar">
        <h1 class="unseen">{`Cairn: ${label}`}</h1>
        <a class="home" href={hashOf(null)} aria-label="Cairn, all lists">
          <Mark />
        </a>
        <SpaceName space={space} />
        {mayWrite && (
          <button
            type="button"
            class="plain invite"
            data-testid="invite"
            aria-label="Invite someone"
            onClick={() => setInviting(true)}
          >
            <Icon name="people" />
            <span class="wide">Invite</span>
          </button>
        )}
        <SyncPill space={space} status={status} href={hashOf(place, { kind: 'sync' })} />
        <a class="bare" href={hashOf(searching)} aria-label="Search" data-testid="search">
          <Icon name="search" />
        </a>
        <a
          class="bare"
          href={hashOf(place, { kind: 'settings' })}
          aria-label="Settings"
          data-testid="settings"
        >
          <Icon name="gear" />
        </a>
      </header>
      <ListsPane space={space} chosen={list} mayWrite={mayWrite} />
      <main>
        <div class="pane items">
          {place === searching ? (
            <SearchPane space={space} item={aside?.kind === 'item' ? aside.id : null} mayWrite={mayWrite} />
          ) : list === null ? (
            <p class="empty">Choose a list{mayWrite && ', or write the name of a new one'}.</p>
          ) : (
            <ItemsPane
              key={list}
              space={space}
              list={list}
              item={aside?.kind === 'item' ? aside.id : null}
              mayWrite={mayWrite}
            />
          )}
        </div>
        {aside !== null && <Beside space={space} place={place} aside={aside} mayWrite={mayWrite} />}
      </main>
      <BottomBar place={place} aside={aside} onInvite={mayWrite ? () => setInviting(true) : null} />
      {isInviting && <InviteDialog space={space} own={role} onClose={() => setInviting(false)} />}
    </div>
  );
}

function SpaceName({ space }: { readonly space: AppSpace }) {
  const { spaces } = remembered.value;
  if (spaces.length < 2) return <span class="space-name">{spaces[0]?.label ?? ''}</span>;
  const change = (id: string): void => {
    location.hash = hashOf(null);
    void switchTo(id);
  };
  return (
    <select
      class="space-name"
      aria-label="Space"
      data-testid="space-switch"
      value={space.id}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    >
      {spaces.map(({ id, label }) => (
        <option key={id} value={id}>
          {labelAmong(spaces, id, label)}
        </option>
      ))}
    </select>
  );
}
