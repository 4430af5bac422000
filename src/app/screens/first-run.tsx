/** The beginning: make a space, or open an invitation. Nothing else is asked. */
import { useRef, useState } from 'preact/hooks';
import { create } from '../beginning.ts';
import { isInstalled } from '../installed.ts';
import { Mark } from '../parts/icon.tsx';
import { KeepingHint, KeepingWarning } from '../parts/keeping-words.tsx';
import { NamesForm } from '../parts/names-form.tsx';
import { invitationIn } from '../pasted-invitation.ts';
import { go, goInstead, hashOf, route } from '../route.ts';
import { session } from '../session.ts';

export function FirstRun() {
  const isAnother = session.value.kind !== 'none';
  // An app on the home screen of an iPhone sees nothing of what its browser keeps.
  const isApart = !isAnother && isInstalled();
  const make = (
    <section class="card">
      <h2>Start something new</h2>
      <NamesForm
        button="Create"
        busy="Creating…"
        testId="create-space"
        submit={async (names) => {
          const place = placeAfter();
          await create(names);
          goInstead(place);
        }}
      />
    </section>
  );
  const join = (
    <section class="card">
      <h2>Join someone</h2>
      <LinkForm />
    </section>
  );
  return (
    <main class="sheet">
      <header class="brand">
        <Mark />
        <h1>{isAnother ? 'Another space' : 'Cairn'}</h1>
        {!isAnother && (
          <p>Shared lists that work without a signal, and tell you truthfully what has been synced.</p>
        )}
      </header>
      <KeepingWarning />
      {isApart && (
        <section class="card" data-testid="apart">
          <h2>Are your lists in the browser?</h2>
          <p>
            On some devices the installed app has storage of its own, and sees nothing of what the browser
            keeps. In the browser press “Invite”, copy the link, and paste it here: both then show the same
            lists.
          </p>
          <LinkForm isFirst />
        </section>
      )}
      {make}
      {!isApart && join}
      <KeepingHint />
      {isAnother && (
        <a class="plain" href="#/">
          Back
        </a>
      )}
    </main>
  );
}

/** What was asked for before there was a space: text that another app shared, say. */
function placeAfter(): string {
  const at = route.value;
  return at.kind === 'work' && at.aside !== null && at.aside.kind !== 'item' ? hashOf(null, at.aside) : '#/';
}

function LinkForm({ isFirst = false }: { readonly isFirst?: boolean }) {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const open = (pasted: string): void => {
    const invitation = invitationIn(pasted);
    setText(pasted);
    setWrong(invitation === null);
    if (invitation !== null) go(invitation);
  };
  const paste = async (): Promise<void> => {
    try {
      open(await navigator.clipboard.readText());
    } catch {
      // Not allowed, or not by a button: the field takes it as ever.
      field.current?.focus();
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        open(text);
      }}
    >
      {isFirst && (
        <button type="button" class="main" data-testid="join-paste" onClick={paste}>
          Paste invitation
        </button>
      )}
      <label class="field">
        <span>Invitation link</span>
        <input
          ref={field}
          data-testid="join-link-input"
          autocomplete="off"
          inputMode="url"
          placeholder="https://…#join=…"
          required
          value={text}
          aria-invalid={isWrong}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            setWrong(false);
          }}
        />
        {isWrong && (
          <small class="wrong" role="alert">
            There is no invitation in that text. Copy the whole link once more, to its end.
          </small>
        )}
      </label>
      <button type="submit" class="plain" data-testid="join-open">
        Open invitation
      </button>
    </form>
  );
}
