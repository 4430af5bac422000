/** Makes an invitation link: for which role, and what it lets its holder do and for how long. */
import { useState } from 'preact/hooks';
import type { Failure, InviteLink, Role } from '../../client/index.ts';
import { toFailure } from '../failure.ts';
import { roleWords } from '../role-words.ts';
import type { AppSpace } from '../schema.ts';
import { Dialog } from './dialog.tsx';
import { Trouble } from './trouble.tsx';

const roles: readonly Role[] = ['writer', 'reader', 'admin'];

export function InviteDialog({
  space,
  own,
  onClose,
}: {
  readonly space: AppSpace;
  /** The role of this device; an admin alone invites admins. */
  readonly own: Role | undefined;
  readonly onClose: () => void;
}) {
  const [role, setRole] = useState<Role>('writer');
  const [made, setMade] = useState<{ readonly link: InviteLink; readonly role: Role } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      setMade({ link: await space.invite({ role }), role });
    } catch (thrown) {
      setFailure(toFailure(thrown));
    }
    setBusy(false);
  };
  return (
    <Dialog title="Invite someone" onClose={onClose}>
      {made === null ? (
        <form class="stack" onSubmit={make}>
          <fieldset class="choices">
            <legend>They may</legend>
            {roles
              .filter((choice) => choice !== 'admin' || own === choice)
              .map((choice) => (
                <label key={choice} class="check">
                  <input
                    type="radio"
                    name="role"
                    value={choice}
                    data-testid={`role-${choice}`}
                    checked={role === choice}
                    onChange={() => setRole(choice)}
                  />
                  <span>
                    <strong>{roleWords(choice).name}</strong> {roleWords(choice).may}
                  </span>
                </label>
              ))}
          </fieldset>
          <p class="hint">The link works once, within seven days.</p>
          {failure !== null && <Trouble failure={failure} />}
          <button type="submit" class="main" data-testid="invite-make" disabled={isBusy}>
            {isBusy ? 'Making the link…' : 'Make a link'}
          </button>
        </form>
      ) : (
        <MadeLink link={made.link} role={made.role} />
      )}
    </Dialog>
  );
}

function MadeLink({ link: { link, expires }, role }: { readonly link: InviteLink; readonly role: Role }) {
  const [isCopied, setCopied] = useState(false);
  const until = new Date(expires).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      // Where the clipboard is not allowed the field below is selected for copying by hand.
      document.querySelector<HTMLInputElement>('[data-testid="invite-link"]')?.select();
    }
  };
  const share = async (): Promise<void> => {
    // Rejects when the person closes the sheet, which needs no words.
    await navigator.share({ url: link }).catch(() => {});
  };
  return (
    <div class="stack">
      <label class="field">
        <span>Invitation link</span>
        <input
          readOnly
          data-testid="invite-link"
          value={link}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
      </label>
      <p>
        Whoever opens it first becomes a {roleWords(role).name.toLowerCase()}: may {roleWords(role).may}. It
        works once, until {until}. Send it only to the person it is for.
      </p>
      <p class="actions">
        {typeof navigator.share === 'function' && (
          <button type="button" class="plain" onClick={share}>
            Share…
          </button>
        )}
        <button type="button" class="main" data-testid="invite-copy" onClick={copy}>
          {isCopied ? 'Copied' : 'Copy link'}
        </button>
      </p>
      <span class="unseen" role="status">
        {isCopied ? 'The link was copied.' : ''}
      </span>
    </div>
  );
}
