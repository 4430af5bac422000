/** Says before anything is kept whether it will stay (APP-5). */
import { useEffect, useState } from 'preact/hooks';
import { errorWords } from '../error-words.ts';
import { type Keeping, keepingHere } from '../keeping.ts';

const nothing = errorWords({ code: 'storage-unavailable' });
const words: Record<Keeping, { readonly means: string; readonly next: string }> = {
  unknown: {
    means: '',
    next: 'In a private window, or inside a chat app, what is kept vanishes: use your ordinary browser.',
  },
  private: {
    means: 'What you write here vanishes when this private window closes.',
    next: 'Open Cairn in an ordinary window first.',
  },
  'inside-an-app': {
    means: 'This page is open inside another app, which may throw away what you write here.',
    next: 'Open it in your browser first.',
  },
  nothing,
};

export function KeepingWords() {
  const [keeping, setKeeping] = useState<Keeping>('unknown');
  useEffect(() => void keepingHere().then(setKeeping), []);
  const { means, next } = words[keeping];
  return keeping === 'unknown' ? (
    <p class="hint" data-testid="keeping" data-keeping={keeping}>
      {next}
    </p>
  ) : (
    <p class="warning-box" role="alert" data-testid="keeping" data-keeping={keeping}>
      <strong>{means}</strong> {next}
    </p>
  );
}
