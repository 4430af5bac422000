/** Says before anything is kept whether it will stay (APP-5): at the top what is known to be lost, at the foot what may be. */
import { signal } from '@preact/signals';
import { errorWords } from '../error-words.ts';
import { type Keeping, keepingHere } from '../keeping.ts';
import type { Words } from '../words.ts';

const words: Record<Exclude<Keeping, 'unknown'>, Words> = {
  private: {
    means: 'What you write here vanishes when this private window closes.',
    next: 'Open Cairn in an ordinary window first.',
  },
  'inside-an-app': {
    means: 'This page is open inside another app, which may throw away what you write here.',
    next: 'Open it in your browser first.',
  },
  nothing: errorWords({ code: 'storage-unavailable' }),
};

const keeping = signal<Keeping>('unknown');
void keepingHere().then((found) => {
  keeping.value = found;
});

export function KeepingWarning() {
  if (keeping.value === 'unknown') return null;
  const { means, next } = words[keeping.value];
  return (
    <p class="warning-box" role="alert" data-testid="keeping-warning">
      <strong>{means}</strong> {next}
    </p>
  );
}

export function KeepingHint() {
  if (keeping.value !== 'unknown') return null;
  return (
    <p class="hint" data-testid="keeping-hint">
      In a private window, or inside a chat app, what is kept vanishes: use your ordinary browser.
    </p>
  );
}
