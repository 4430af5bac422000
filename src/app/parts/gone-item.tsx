/** An item that was deleted while it was open: what was typed meanwhile is kept, and comes back with it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { restoreItem } from '../deleted.ts';
import { oneLine } from '../one-line.ts';
import type { AppSpace, Item } from '../schema.ts';

export function GoneItem(props: {
  readonly space: AppSpace;
  readonly item: Item;
  /** What was typed and is not known to be kept; null: nothing. */
  readonly title: string | null;
  readonly note: string | null;
  readonly mayWrite: boolean;
}) {
  const { space, item } = props;
  // As it was when the item went: leaving the field that went with it settles the drafts.
  const [{ title, note }] = useState({ title: props.title, note: props.note });
  const typed = [title, note].filter((text) => text !== null).join('\n\n');
  const words = useRef<HTMLParagraphElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const [isCopied, setCopied] = useState(false);
  // The field that was typed into is gone, and the focus with it.
  useEffect(() => words.current?.focus({ preventScroll: true }), []);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typed);
      setCopied(true);
    } catch {
      // Where the clipboard is not allowed it is selected for copying by hand.
      area.current?.select();
    }
  };
  const restore = (): Promise<boolean> => {
    const name = title === null ? '' : oneLine(title);
    return restoreItem(space, item, {
      ...(name === '' ? {} : { title: name }),
      ...(note === null ? {} : { note }),
    });
  };
  return (
    <div class="stack" data-testid="gone-item">
      <p ref={words} tabIndex={-1} role="alert">
        <strong>This item was deleted.</strong>
        {typed !== '' && ' What you typed is still here.'}
      </p>
      {typed !== '' && (
        <label class="field">
          <span>Your text</span>
          <textarea ref={area} data-testid="gone-text" rows={6} dir="auto" readOnly value={typed} />
        </label>
      )}
      <p class="actions">
        {typed !== '' && (
          <button type="button" class="plain" data-testid="gone-copy" onClick={copy}>
            {isCopied ? 'Copied' : 'Copy my text'}
          </button>
        )}
        {props.mayWrite && (
          <button type="button" class="main" data-testid="gone-restore" onClick={restore}>
            {typed === '' ? 'Restore it' : 'Restore it with my text'}
          </button>
        )}
      </p>
    </div>
  );
}
