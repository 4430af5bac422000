/** The beginning: make a space, or open an invitation. Nothing else is asked. */
import { useState } from 'preact/hooks';
import { create } from '../beginning.ts';
import { Mark } from '../parts/icon.tsx';
import { NamesForm } from '../parts/names-form.tsx';
import { invitationIn } from '../pasted-invitation.ts';
import { go, goInstead } from '../route.ts';
import { session } from '../session.ts';

export function FirstRun() {
  const isAnother = session.value.kind !== 'none';
  return (
    <main class="sheet">
      <header class="brand">
        <Mark />
        <h1>{isAnother ? 'Another space' : 'Cairn'}</h1>
        {!isAnother && (
          <p>Shared lists that work without a signal, and tell you truthfully what has been synced.</p>
        )}
      </header>
      <section class="card">
        <h2>Start something new</h2>
        <NamesForm
          button="Create"
          busy="Creating…"
          testId="create-space"
          submit={async (names) => {
            await create(names);
            goInstead('#/');
          }}
        />
      </section>
      <section class="card">
        <h2>Join someone</h2>
        <LinkForm />
      </section>
      {isAnother && (
        <a class="plain" href="#/">
          Back
        </a>
      )}
    </main>
  );
}

function LinkForm() {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const open = (event: Event): void => {
    event.preventDefault();
    const invitation = invitationIn(text);
    setWrong(invitation === null);
    if (invitation !== null) go(invitation);
  };
  return (
    <form class="stack" onSubmit={open}>
      <label class="field">
        <span>Invitation link</span>
        <input
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
