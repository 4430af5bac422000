/**
 * A text field over a value that others may change: what is being typed is never overwritten, and is saved when the typing
 * rests, every few seconds while it does not, when the field is left and when the page goes away.
 */
import { useEffect, useRef, useState } from 'preact/hooks';

const restMs = 800;
const unsavedMs = 3_000;
const open = new Set<() => Promise<boolean>>();

/** Saves all that is typed and not yet saved; before a reload, say. Gives whether nothing is left that could not be saved. */
export async function saveDrafts(): Promise<boolean> {
  return (await Promise.all([...open].map((save) => save()))).every(Boolean);
}

addEventListener('pagehide', () => void saveDrafts());
// A phone may end a page that was left without another word.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') void saveDrafts();
});

export interface DraftField {
  readonly value: string;
  readonly onInput: (event: { readonly currentTarget: { readonly value: string } }) => void;
  readonly onBlur: () => void;
}

export interface Draft {
  readonly field: DraftField;
  /** What was typed since the field was last left, and what could not be saved; null: nothing. */
  readonly typed: string | null;
}

/** `save` resolves to whether it was saved; what was not stays in the field. A required text that is left empty comes back. */
export function useDraft(value: string, save: (text: string) => Promise<boolean>, isRequired = false): Draft {
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef({ value, draft, save, isLeft: false });
  latest.current = { ...latest.current, value, draft, save };
  const timer = useRef(0);
  /** When what is typed is saved at the latest; 0: nothing is. */
  const deadline = useRef(0);

  const flush = useRef(async (): Promise<boolean> => {
    clearTimeout(timer.current);
    deadline.current = 0;
    const { draft: text, value: stored, save: write, isLeft } = latest.current;
    if (text === null) return true;
    if (isRequired && text.trim() === '') {
      if (isLeft) setDraft(null);
      return true;
    }
    if (text !== stored && !(await write(text))) return false;
    // The value that comes back through the live query takes the draft's place; one that is equal already is there.
    if (isLeft && latest.current.draft === text && latest.current.value === text) setDraft(null);
    return true;
  }).current;

  useEffect(() => {
    open.add(flush);
    return () => {
      open.delete(flush);
      void flush();
    };
  }, [flush]);

  useEffect(() => {
    if (latest.current.isLeft) setDraft(null);
  }, [value]);

  const field: DraftField = {
    value: draft ?? value,
    onInput: ({ currentTarget }) => {
      latest.current.isLeft = false;
      latest.current.draft = currentTarget.value;
      setDraft(currentTarget.value);
      clearTimeout(timer.current);
      const now = Date.now();
      deadline.current ||= now + unsavedMs;
      timer.current = window.setTimeout(flush, Math.min(restMs, deadline.current - now));
    },
    onBlur: () => {
      latest.current.isLeft = true;
      void flush();
    },
  };
  return { field, typed: draft };
}
